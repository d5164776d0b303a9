import DequeModule

/// A list of the last `capacity` elements, numbered from 1 in the order in which they were added.
struct RingBuffer<Element> {
    private var kept: Deque<Element> = []
    private let capacity: Int
    /// Number of the newest element; 0 before the first.
    private(set) var last = 0

    init(capacity: Int) { self.capacity = capacity }

    /// The number of kept elements.
    var count: Int { kept.count }

    /// The oldest element, which a full buffer drops next; nil when the buffer is empty.
    var oldest: Element? { kept.first }

    /// Adds an element and returns its number; a full buffer drops the oldest.
    @discardableResult
    mutating func append(_ element: Element) -> Int {
        if kept.count == capacity { kept.removeFirst() }
        kept.append(element)
        last += 1
        return last
    }

    /// Changes the element of that number, if it is still kept.
    mutating func update(_ number: Int, _ change: (inout Element) -> Void) {
        let index = number - 1 - (last - kept.count)
        if kept.indices.contains(index) { change(&kept[index]) }
    }

    /// The kept elements with a number above `since`, oldest first, at most `limit`.
    func elements(since: Int = 0, limit: Int? = nil) -> [(number: Int, element: Element)] {
        let before = last - kept.count
        let wanted = kept.dropFirst(max(0, since - before)).prefix(max(0, limit ?? .max))
        return zip(wanted.indices, wanted).map { ($0 + before + 1, $1) }
    }

    /// Removes all elements; the numbers continue.
    mutating func removeAll() { kept = [] }
}
