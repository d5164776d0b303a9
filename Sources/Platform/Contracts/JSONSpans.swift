/// Finds the members of one JSON object (RFC 8259) without decoding their values.
///
/// The envelope of a message is read on the hot path, thousands of times a second, and most of its data never becomes a string. What is
/// skipped here is checked by the decoder that reads it: this walk only has to find where values end.
public struct JSONSpans: Sendable {
    private let bytes: ArraySlice<UInt8>
    /// Where each member's name (without quotes) and value lie.
    private var members: [(name: Range<Int>, value: Range<Int>)] = []

    /// Reads the members of the object that the bytes hold; nil when they do not hold one object and nothing else.
    public init?(_ bytes: [UInt8]) { self.init(bytes[...]) }

    /// Reads the members of the object that the bytes hold; nil when they do not hold one object and nothing else.
    public init?(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        members.reserveCapacity(12)
        let found = bytes.withUnsafeBufferPointer { buffer -> [(name: Range<Int>, value: Range<Int>)]? in
            var walk = Walk(buffer: buffer, offset: bytes.startIndex)
            return walk.object() ? walk.members : nil
        }
        guard let found else { return nil }
        members = found
    }

    /// The names of the members, in their order.
    public var names: [String] { members.map { String(decoding: bytes[$0.name], as: UTF8.self) } }

    /// The bytes of a member's value. Of two members with one name the last counts.
    public func value(_ name: StaticString) -> ArraySlice<UInt8>? {
        let wanted = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        for member in members.reversed() where member.name.count == wanted.count && bytes[member.name].elementsEqual(wanted) {
            return bytes[member.value]
        }
        return nil
    }

    /// The inner bytes of a member that is a string without escapes.
    public func stringBytes(_ name: StaticString) -> ArraySlice<UInt8>? {
        guard let span = value(name), span.count >= 2, span.first == UInt8(ascii: "\"") else { return nil }
        let inner = span.dropFirst().dropLast()
        return inner.contains(UInt8(ascii: "\\")) ? nil : inner
    }

    /// The text of a member that is a string; nil when it is absent or something else.
    public func string(_ name: StaticString) -> String? {
        guard let span = value(name), span.count >= 2, span.first == UInt8(ascii: "\"") else { return nil }
        return JSONText.unescaped(span.dropFirst().dropLast())
    }

    /// A member that is an integer; nil when it is absent or something else.
    public func integer(_ name: StaticString) -> Int? {
        guard let span = value(name), let first = span.first else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        let digits = isNegative ? span.dropFirst() : span
        guard !digits.isEmpty, digits.count <= 18, digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        var value = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return isNegative ? -value : value
    }
}

/// One pass over the bytes of an object.
private struct Walk {
    let buffer: UnsafeBufferPointer<UInt8>
    let offset: Int
    var position = 0
    var members: [(name: Range<Int>, value: Range<Int>)] = []

    init(buffer: UnsafeBufferPointer<UInt8>, offset: Int) {
        self.buffer = buffer
        self.offset = offset
        members.reserveCapacity(12)
    }

    mutating func object() -> Bool {
        skipSpace()
        guard take(UInt8(ascii: "{")) else { return false }
        skipSpace()
        if !take(UInt8(ascii: "}")) {
            repeat {
                skipSpace()
                let name = position + 1
                guard skipString() else { return false }
                let nameEnd = position - 1
                skipSpace()
                guard take(UInt8(ascii: ":")) else { return false }
                skipSpace()
                let value = position
                guard skipValue() else { return false }
                members.append((offset + name..<offset + nameEnd, offset + value..<offset + position))
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { return false }
        }
        skipSpace()
        return position == buffer.count
    }

    private mutating func skipValue() -> Bool {
        guard position < buffer.count else { return false }
        switch buffer[position] {
        case UInt8(ascii: "\""): return skipString()
        case UInt8(ascii: "{"), UInt8(ascii: "["): return skipNested()
        default:
            let start = position
            while position < buffer.count, !Self.endsScalar(buffer[position]) { position += 1 }
            return position > start
        }
    }

    private mutating func skipNested() -> Bool {
        var open: [UInt8] = []
        while position < buffer.count {
            let byte = buffer[position]
            switch byte {
            case UInt8(ascii: "\""):
                guard skipString() else { return false }
                continue
            case UInt8(ascii: "{"): open.append(UInt8(ascii: "}"))
            case UInt8(ascii: "["): open.append(UInt8(ascii: "]"))
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard open.popLast() == byte else { return false }
            default: break
            }
            position += 1
            if open.isEmpty { return true }
        }
        return false
    }

    private mutating func skipString() -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        while position < buffer.count {
            let byte = buffer[position]
            position += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { return true }
        }
        return false
    }

    private mutating func skipSpace() {
        while position < buffer.count, Self.isSpace(buffer[position]) { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < buffer.count, buffer[position] == byte else { return false }
        position += 1
        return true
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || isSpace(byte)
    }
}
