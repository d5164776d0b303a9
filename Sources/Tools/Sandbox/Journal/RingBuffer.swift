/// A list of the last `capacity` elements, numbered from 1 in the order in which they were added.
struct RingBuffer<Element> {
    private var elements: [Element] = []
    private let capacity: Int
    /// Number of the newest element; 0 before the first.
    private(set) var last = 0
    /// Number of the newest element that was removed by `removeAll`; element n has the index (n - 1 - base) modulo the
    /// capacity.
    private var base = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// The number of kept elements.
    var count: Int { elements.count }

    /// The oldest element, which a full buffer drops next; nil when the buffer is empty.
    var oldest: Element? {
        guard !elements.isEmpty else { return nil }
        return elements[(last - base) % elements.count]
    }

    /// Adds an element and returns its number; a full buffer drops the oldest.
    @discardableResult
    mutating func append(_ element: Element) -> Int {
        if elements.count < capacity {
            elements.append(element)
        } else {
            elements[(last - base) % capacity] = element
        }
        last += 1
        return last
    }

    /// Changes the element of that number, if it is still kept.
    mutating func update(_ number: Int, _ change: (inout Element) -> Void) {
        guard number > last - elements.count, number <= last else { return }
        change(&elements[(number - 1 - base) % capacity])
    }

    /// The kept elements with a number above `since`, oldest first, at most `limit`.
    func elements(since: Int = 0, limit: Int? = nil) -> [(number: Int, element: Element)] {
        let first = max(since + 1, last - elements.count + 1)
        guard first <= last else { return [] }
        let end = limit.map { min(last, first + max(0, $0) - 1) } ?? last
        guard first <= end else { return [] }
        return (first...end).map { ($0, elements[($0 - 1 - base) % capacity]) }
    }

    /// Removes all elements; the numbers continue.
    mutating func removeAll() {
        elements.removeAll()
        base = last
    }
}
