/// First in, first out, without moving the rest.
struct Queue<Element> {
    private var elements: [Element] = []
    private var head = 0

    var isEmpty: Bool { head == elements.count }
    var count: Int { elements.count - head }
    var first: Element? { isEmpty ? nil : elements[head] }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func append(contentsOf more: [Element]) {
        elements.append(contentsOf: more)
    }

    mutating func prepend(_ element: Element) {
        elements.insert(element, at: head)
    }

    mutating func removeFirst() {
        head += 1
        // Amortised: what was taken goes when it is most of the array.
        if head == elements.count {
            elements.removeAll(keepingCapacity: elements.capacity <= 1024)
            head = 0
        } else if head > 512, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
    }

    func compactMap<T>(_ transform: (Element) -> T?) -> [T] {
        elements[head...].compactMap(transform)
    }
}
