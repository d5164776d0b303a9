/// A first-in, first-out queue on an array; taking from the front costs nothing in the long run.
struct Fifo<Element> {
    private var storage: [Element] = []
    private var head = 0

    var count: Int { storage.count - head }
    var isEmpty: Bool { head == storage.count }
    var first: Element? { isEmpty ? nil : storage[head] }

    subscript(position: Int) -> Element { storage[head + position] }

    mutating func append(_ element: Element) { storage.append(element) }

    mutating func prepend(contentsOf elements: [Element]) {
        storage.replaceSubrange(0..<head, with: elements)
        head = 0
    }

    mutating func removeFirst() {
        head += 1
        if head == storage.count {
            storage.removeAll(keepingCapacity: storage.capacity <= 1024)
            head = 0
        } else if head >= 1024, head * 2 >= storage.count {
            storage.removeSubrange(0..<head)
            head = 0
        }
    }

    mutating func popFirst() -> Element? {
        guard let element = first else { return nil }
        removeFirst()
        return element
    }

    mutating func removeAll(where condition: (Element) -> Bool) {
        storage.removeSubrange(0..<head)
        head = 0
        storage.removeAll(where: condition)
    }

    mutating func removeAll() -> [Element] {
        defer { self = Fifo() }
        return Array(storage[head...])
    }
}

extension Fifo: Sequence {
    func makeIterator() -> IndexingIterator<ArraySlice<Element>> { storage[head...].makeIterator() }
}
