/// The text of JSON strings: of those that ``JSONScanner`` has scanned, and of those to be written.
public enum JSONText {
    /// A JSON string, quotes included.
    public static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: needsEscape) else { return "\"\(text)\"" }
        var json: [UInt8] = []
        quote(text, into: &json)
        return String(decoding: json, as: UTF8.self)
    }

    /// Appends a JSON string with the escapes of RFC 8785, section 3.2.2.2: the shortest ones.
    public static func quote(_ text: String, into json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            guard needsEscape(byte) else {
                json.append(byte)
                continue
            }
            json.append(UInt8(ascii: "\\"))
            switch byte {
            case 0x08: json.append(UInt8(ascii: "b"))
            case 0x09: json.append(UInt8(ascii: "t"))
            case 0x0A: json.append(UInt8(ascii: "n"))
            case 0x0C: json.append(UInt8(ascii: "f"))
            case 0x0D: json.append(UInt8(ascii: "r"))
            case 0..<0x20:
                json.append(UInt8(ascii: "u"))
                Hexadecimal.append(UInt64(byte), digits: 4, to: &json)
            default: json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool { byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") }

    /// The text of a string with its quotes; nil when it is something else or its escapes are no text.
    static func string(_ value: ArraySlice<UInt8>) -> String? {
        guard value.first == UInt8(ascii: "\"") else { return nil }
        return unescaped(value.dropFirst().dropLast())
    }

    /// The same as UTF-8.
    static func bytes(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard value.first == UInt8(ascii: "\"") else { return nil }
        let inner = value.dropFirst().dropLast()
        guard hasEscapes(inner) else { return inner }
        return unescaped(inner).map { Array($0.utf8)[...] }
    }

    /// The text between the quotes; nil when an escape names half of a surrogate pair.
    static func unescaped(_ raw: ArraySlice<UInt8>) -> String? {
        guard hasEscapes(raw) else { return String(decoding: raw, as: UTF8.self) }
        var units: [UInt16] = []
        var rest = String(decoding: raw, as: UTF8.self).utf16[...]
        while let unit = rest.popFirst() {
            guard unit == 0x5C else {
                units.append(unit)
                continue
            }
            switch rest.popFirst() {
            case 0x62: units.append(0x08)
            case 0x66: units.append(0x0C)
            case 0x6E: units.append(0x0A)
            case 0x72: units.append(0x0D)
            case 0x74: units.append(0x09)
            case 0x75:
                guard let code = UInt16(String(decoding: rest.prefix(4), as: UTF16.self), radix: 16) else { return nil }
                units.append(code)
                rest = rest.dropFirst(4)
            case .some(let itself): units.append(itself)
            case nil: return nil
            }
        }
        return String(validating: units, as: UTF16.self)
    }

    private static func hasEscapes(_ raw: ArraySlice<UInt8>) -> Bool {
        let raw = raw.span
        for index in raw.indices where raw[index] == UInt8(ascii: "\\") { return true }
        return false
    }
}
