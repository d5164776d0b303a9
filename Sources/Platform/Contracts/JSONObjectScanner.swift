/// The members of one JSON object (RFC 8259), found without decoding their values.
///
/// The whole text is checked (grammar, UTF-8, nesting of at most ``JSONScanner/deepest``), but no value is decoded: an
/// envelope is read thousands of times a second, and its data is passed on as the untouched bytes. Of members with the
/// same name the last one counts.
public struct JSONObjectScanner: Sendable {
    private let bytes: ArraySlice<UInt8>
    private var places: [Place] = []

    /// Where a member is, counted from the first byte of the text.
    private struct Place {
        /// Between the quotes.
        let key: Range<UInt32>
        let value: Range<UInt32>
        let keyHasEscapes: Bool
    }

    /// Reads the members; nil when the bytes do not hold one well-formed object and nothing else.
    public init?(_ bytes: [UInt8]) { self.init(bytes[...]) }

    /// Reads the members; nil when the bytes do not hold one well-formed object and nothing else.
    public init?(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        guard bytes.count < UInt32.max, readObject(bytes.span) else { return nil }
    }

    private mutating func readObject(_ text: Span<UInt8>) -> Bool {
        guard (try? UTF8Span(validating: text)) != nil else { return false }
        var at = 0
        JSONScanner.skipSpace(text, &at)
        guard at < text.count, text[at] == UInt8(ascii: "{") else { return false }
        places.reserveCapacity(12)
        let isObject = JSONScanner.scanItems(until: UInt8(ascii: "}"), text, &at) { at in
            guard let key = JSONScanner.skipName(text, &at) else { return false }
            let value = at
            guard JSONScanner.skipValue(text, &at, depth: 1) else { return false }
            places.append(
                Place(
                    key: UInt32(key.range.lowerBound + 1)..<UInt32(key.range.upperBound - 1), value: UInt32(value)..<UInt32(at),
                    keyHasEscapes: key.hasEscapes))
            return true
        }
        JSONScanner.skipSpace(text, &at)
        return isObject && at == text.count
    }

    /// A member of the object.
    public struct Member: Sendable {
        /// The bytes of the value.
        public let value: ArraySlice<UInt8>
        /// The value's text; nil when it is no JSON string or its escapes are no text.
        public var string: String? { JSONText.string(value) }
    }

    /// The members by their names; nil when the escapes of a name are no text.
    public var byKey: [String: Member]? {
        var members: [String: Member] = [:]
        for place in places {
            guard let key = key(place) else { return nil }
            members[key] = Member(value: bytes(in: place.value))
        }
        return members
    }

    /// The bytes of a member's value, without the space around it.
    public func value(_ name: String) -> ArraySlice<UInt8>? {
        let wanted = name.utf8Span.span
        let text = bytes.span
        for index in places.indices.reversed() where isNamed(places[index], wanted, in: text) || isEscaped(places[index], name) {
            return bytes(in: places[index].value)
        }
        return nil
    }

    /// The text of a member that is a JSON string; nil when it is absent, something else, or has an invalid escape
    /// (half of a surrogate pair).
    public func string(_ name: String) -> String? { value(name).flatMap(JSONText.string) }

    /// The UTF-8 of a member that is a JSON string; nil as for ``string(_:)``.
    public func stringBytes(_ name: String) -> ArraySlice<UInt8>? { value(name).flatMap(JSONText.bytes) }

    /// A member that is an integer as JSON Schema defines it: `1.0` and `1e2` are integers too. Nil when it is absent,
    /// something else or does not fit.
    public func integer(_ name: String) -> Int? { value(name).flatMap(JSONInteger.read) }

    /// A member that is true or false; nil when it is absent or something else.
    public func boolean(_ name: String) -> Bool? {
        switch value(name)?.first {
        case UInt8(ascii: "t"): true
        case UInt8(ascii: "f"): false
        default: nil
        }
    }

    /// The bytes of each element of a member that is an array; nil when it is absent or something else.
    public func elements(_ name: String) -> [ArraySlice<UInt8>]? {
        guard let value = value(name), value.first == UInt8(ascii: "[") else { return nil }
        return JSONScanner.elements(value.span).map { value[(value.startIndex + $0.lowerBound)..<(value.startIndex + $0.upperBound)] }
    }

    private func bytes(in range: Range<UInt32>) -> ArraySlice<UInt8> {
        bytes[(bytes.startIndex + Int(range.lowerBound))..<(bytes.startIndex + Int(range.upperBound))]
    }

    private func key(_ place: Place) -> String? { JSONText.unescaped(bytes(in: place.key)) }

    private func isEscaped(_ place: Place, _ name: String) -> Bool {
        place.keyHasEscapes && key(place).map { $0.utf8.elementsEqual(name.utf8) } == true
    }

    /// Compares the bytes in place, without a slice or string of the name, because every lookup passes most of them.
    private func isNamed(_ place: Place, _ name: Span<UInt8>, in text: Span<UInt8>) -> Bool {
        guard !place.keyHasEscapes, place.key.count == name.count else { return false }
        let start = Int(place.key.lowerBound)
        for index in name.indices where text[start + index] != name[index] { return false }
        return true
    }
}
