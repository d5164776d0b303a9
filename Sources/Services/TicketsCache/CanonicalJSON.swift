import Contracts

/// Rewrites JSON in the canonical form of RFC 8785 (JCS): members sorted by their names' UTF-16 code units, no white
/// space, shortest escapes and numbers. Equal values give equal bytes.
///
/// Integers of any size keep their digits; a double would round the last ones of a long id.
struct CanonicalJSON {
    private static let deepest = 128

    private let input: [UInt8]
    private var position = 0
    private var output: [UInt8] = []

    private init(_ input: [UInt8]) {
        self.input = input
        output.reserveCapacity(input.count)
    }

    /// The elements of an array, each canonical; nil when the text is not one well-formed JSON array.
    static func elements(of text: [UInt8]) -> [[UInt8]]? {
        var reader = CanonicalJSON(text)
        var elements: [[UInt8]] = []
        reader.skipSpace()
        guard reader.take("[") else { return nil }
        reader.skipSpace()
        if !reader.take("]") {
            repeat {
                reader.output.removeAll(keepingCapacity: true)
                guard reader.value(depth: 1) else { return nil }
                elements.append(reader.output)
            } while reader.take(",")
            guard reader.take("]") else { return nil }
        }
        reader.skipSpace()
        return reader.position == text.count ? elements : nil
    }

    /// One value in canonical form; nil when the text is not one well-formed JSON value.
    static func canonical(_ text: [UInt8]) -> [UInt8]? {
        var reader = CanonicalJSON(text)
        guard reader.value(depth: 0), reader.position == text.count else { return nil }
        return reader.output
    }

    // MARK: - Values

    private mutating func value(depth: Int) -> Bool {
        guard depth < Self.deepest else { return false }
        skipSpace()
        guard position < input.count else { return false }
        defer { skipSpace() }
        switch input[position] {
        case "{": return object(depth: depth)
        case "[": return array(depth: depth)
        case "\"": return string() != nil
        case "t": return literal("true")
        case "f": return literal("false")
        case "n": return literal("null")
        default: return number()
        }
    }

    private mutating func array(depth: Int) -> Bool {
        position += 1
        output.append("[")
        skipSpace()
        if !take("]") {
            repeat {
                guard value(depth: depth + 1) else { return false }
                output.append(",")
            } while take(",")
            output.removeLast()
            guard take("]") else { return false }
        }
        output.append("]")
        return true
    }

    private mutating func object(depth: Int) -> Bool {
        position += 1
        output.append("{")
        let start = output.count
        var members: [(key: [UInt8], range: Range<Int>)] = []
        skipSpace()
        if !take("}") {
            repeat {
                skipSpace()
                let from = output.count
                guard let key = string() else { return false }
                skipSpace()
                guard take(":") else { return false }
                output.append(":")
                guard value(depth: depth + 1) else { return false }
                members.append((key, from..<output.count))
            } while take(",")
            guard take("}") else { return false }
        }
        join(members, from: start)
        output.append("}")
        return true
    }

    /// Sorts the members, which are written one after the other, and puts commas between them. Of two with the same
    /// name the last one counts.
    private mutating func join(_ members: [(key: [UInt8], range: Range<Int>)], from start: Int) {
        guard members.count > 1 else { return }
        let ordered = members.enumerated().sorted { a, b in
            a.element.key == b.element.key ? a.offset < b.offset : Self.precedes(a.element.key, b.element.key)
        }
        var joined: [UInt8] = []
        joined.reserveCapacity(output.count - start + members.count)
        for (index, member) in ordered.enumerated() {
            if index + 1 < ordered.count, ordered[index + 1].element.key == member.element.key { continue }
            if !joined.isEmpty { joined.append(",") }
            joined += output[member.element.range]
        }
        output.removeSubrange(start...)
        output += joined
    }

    /// UTF-16 order. It is the order of the UTF-8 bytes if no name has a character above U+D7FF.
    private static func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        if a.allSatisfy({ $0 < 0xEE }), b.allSatisfy({ $0 < 0xEE }) { return a.lexicographicallyPrecedes(b) }
        return String(decoding: a, as: UTF8.self).utf16.lexicographicallyPrecedes(String(decoding: b, as: UTF8.self).utf16)
    }

    // MARK: - Scalars

    /// Writes the string that begins here and returns its text; nil when it is not a valid string.
    private mutating func string() -> [UInt8]? {
        guard take("\"") else { return nil }
        let start = position
        var escaped = false
        while position < input.count, input[position] != "\"" {
            guard input[position] >= 0x20 else { return nil }
            if input[position] == "\\" {
                escaped = true
                position += 1
                guard isEscape() else { return nil }
            }
            position += 1
        }
        guard position < input.count else { return nil }
        let raw = input[start..<position]
        position += 1
        guard escaped else {
            guard String(validating: raw, as: UTF8.self) != nil else { return nil }
            output.append("\"")
            output += raw
            output.append("\"")
            return Array(raw)
        }
        guard let text = JSONText.unescaped(raw) else { return nil }
        Self.quote(text, into: &output)
        return Array(text.utf8)
    }

    /// Whether the character after a backslash makes a valid escape.
    private func isEscape() -> Bool {
        guard position < input.count else { return false }
        guard input[position] == "u" else { return "\"\\/bfnrt".utf8.contains(input[position]) }
        let digits = input.dropFirst(position + 1).prefix(4)
        return digits.count == 4 && digits.allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit }
    }

    private mutating func literal(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard position + length <= input.count, (0..<length).allSatisfy({ input[position + $0] == word.utf8Start[$0] }) else { return false }
        output += input[position..<(position + length)]
        position += length
        return true
    }

    private mutating func number() -> Bool {
        let start = position
        _ = take("-")
        let whole = digits()
        guard whole > 0, whole == 1 || input[position - whole] != "0" else { return false }
        var isInteger = true
        if take(".") {
            isInteger = false
            guard digits() > 0 else { return false }
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            guard digits() > 0 else { return false }
        }
        let text = String(decoding: input[start..<position], as: UTF8.self)
        if isInteger {
            output += (text == "-0" ? "0" : text).utf8
        } else {
            guard let number = Double(text), number.isFinite else { return false }
            output += CanonicalNumber.text(number).utf8
        }
        return true
    }

    private mutating func digits() -> Int {
        let start = position
        while position < input.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(input[position]) { position += 1 }
        return position - start
    }

    // MARK: - Bytes

    private mutating func skipSpace() {
        while position < input.count, input[position] == 0x20 || input[position] == 0x0A || input[position] == 0x0D || input[position] == 0x09 {
            position += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < input.count, input[position] == byte else { return false }
        position += 1
        return true
    }
}
