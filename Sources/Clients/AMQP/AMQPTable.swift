/// A field table: names and values in the order in which they travel. An empty one allocates nothing.
///
/// Names have at most 255 bytes and are looked up one after the other: a table is meant to be short.
public struct AMQPTable: Sendable, ExpressibleByDictionaryLiteral {
    /// A name and its value.
    public typealias Field = (name: String, value: AMQPValue)

    private(set) var fields: [Field]

    /// An empty table.
    public init() { fields = [] }

    /// A table of these fields; of two with the same name both travel and the first is found.
    public init(_ fields: [(String, AMQPValue)]) {
        self.fields = fields.map { (name: $0.0, value: $0.1) }
    }

    init(fields: [Field]) { self.fields = fields }

    /// A table of these fields.
    public init(dictionaryLiteral elements: (String, AMQPValue)...) { self.init(elements) }

    /// The value of a name; assigning `nil` removes it.
    public subscript(name: String) -> AMQPValue? {
        get { fields.first { $0.name == name }?.value }
        set {
            let index = fields.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): fields[index].value = value
            case (let index?, nil): fields.remove(at: index)
            case (nil, let value?): fields.append((name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension AMQPTable: Equatable {
    /// Equal when the same names have the same values, in whatever order.
    public static func == (one: AMQPTable, other: AMQPTable) -> Bool {
        one.fields.count == other.fields.count && one.fields.allSatisfy { other[$0.name] == $0.value }
    }
}

extension AMQPTable: RandomAccessCollection {
    /// Always 0.
    public var startIndex: Int { fields.startIndex }
    /// The number of fields.
    public var endIndex: Int { fields.endIndex }
    /// The field at a position.
    public subscript(position: Int) -> Field { fields[position] }
}
