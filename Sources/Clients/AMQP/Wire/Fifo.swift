/// A first-in, first-out queue on an array; taking from the front costs nothing in the long run, and what was taken is not kept alive.
struct Fifo<Element> {
    private var storage: [Element?] = []
    private var head = 0

    var count: Int { storage.count - head }
    var isEmpty: Bool { head == storage.count }
    var first: Element? { isEmpty ? nil : storage[head] }

    /// The element at a position from the front.
    subscript(position: Int) -> Element? { storage[head + position] }

    mutating func append(_ element: Element) { storage.append(element) }

    mutating func prepend(contentsOf elements: [Element]) {
        storage.replaceSubrange(0..<head, with: elements)
        head = 0
    }

    mutating func popFirst() -> Element? {
        if isEmpty { return nil }
        let element = storage[head].take()
        head += 1
        if isEmpty {
            storage.removeAll(keepingCapacity: storage.capacity <= 1024)
            head = 0
        } else if head >= 64, head * 2 >= storage.count {
            storage.removeSubrange(0..<head)
            head = 0
        }
        return element
    }

    mutating func removeAll(where condition: (Element) -> Bool) {
        storage = storage[head...].filter { $0.map { !condition($0) } ?? false }
        head = 0
    }

    mutating func removeAll() -> [Element] {
        defer { self = Fifo() }
        return storage.compactMap { $0 }
    }
}

extension Fifo: Sequence {
    func makeIterator() -> AnyIterator<Element> {
        var position = head
        return AnyIterator {
            guard position < storage.count else { return nil }
            defer { position += 1 }
            return storage[position]
        }
    }
}
