/// Header fields in their order; names compare without case (RFC 9110 section 5).
///
/// A name that is no token, or a value with CR, LF or NUL, can be stored but not sent: `CurlClient.send` throws `CurlError.invalidHeader`.
public struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// One field.
    public struct Field: Sendable, Equatable {
        /// The name, as given or received.
        public let name: String
        /// The value without the white space around it.
        public let value: String
    }

    /// All fields in order.
    public private(set) var fields: [Field] = []

    /// No fields.
    public init() {}

    /// These fields, in this order.
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// Appends a field and keeps the ones of the same name.
    public mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// The value of the first field of this name.
    public func first(_ name: String) -> String? {
        fields.first { $0.name.equalsIgnoringCase(name) }?.value
    }

    /// The values of all fields of this name, in order.
    public func all(_ name: String) -> [String] {
        fields.filter { $0.name.equalsIgnoringCase(name) }.map(\.value)
    }

    /// The first value of this name; setting replaces all of them, setting nil removes them.
    public subscript(_ name: String) -> String? {
        get { first(name) }
        set {
            let place = fields.firstIndex { $0.name.equalsIgnoringCase(name) }
            fields.removeAll { $0.name.equalsIgnoringCase(name) }
            if let newValue { fields.insert(Field(name: name, value: newValue), at: min(place ?? fields.count, fields.count)) }
        }
    }

    /// Removes every field whose name the predicate accepts.
    mutating func remove(where matches: (String) -> Bool) {
        fields.removeAll { matches($0.name) }
    }

    /// Continues the last value: a folded line (RFC 9112 section 5.2).
    mutating func continueLast(_ text: String) {
        guard let last = fields.popLast() else { return }
        fields.append(Field(name: last.name, value: last.value + " " + text))
    }
}

extension HTTPHeaders.Field {
    /// Whether this can be sent: the name is a token (RFC 9110 section 5.6.2), the value has no CR, LF or NUL,
    /// and it is not one by which the client itself frames the message.
    var isValid: Bool {
        !name.isEmpty && name.utf8.allSatisfy(\.isTokenCharacter)
            && value.utf8.allSatisfy { $0 != 0x0D && $0 != 0x0A && $0 != 0 }
            && !name.equalsIgnoringCase("Content-Length") && !name.equalsIgnoringCase("Transfer-Encoding")
    }
}
