/// The text of JSON strings (RFC 8259, section 7).
public enum JSONText {
    /// The text of a string's inner bytes with its escapes resolved; nil when they are not UTF-8 or an escape is not one.
    public static func unescaped(_ raw: ArraySlice<UInt8>) -> String? {
        guard raw.contains(UInt8(ascii: "\\")) else { return String(validating: raw, as: UTF8.self) }
        guard let text = String(validating: raw, as: UTF8.self) else { return nil }
        var units: [UInt16] = []
        var rest = text.utf16[...]
        while let unit = rest.popFirst() {
            guard unit == UInt16(UInt8(ascii: "\\")) else {
                units.append(unit)
                continue
            }
            guard let escape = rest.popFirst() else { return nil }
            switch Unicode.Scalar(escape) {
            case "\"", "\\", "/": units.append(escape)
            case "b": units.append(8)
            case "t": units.append(9)
            case "n": units.append(10)
            case "f": units.append(12)
            case "r": units.append(13)
            case "u":
                guard rest.count >= 4, let code = UInt16(String(decoding: rest.prefix(4), as: UTF16.self), radix: 16) else { return nil }
                units.append(code)
                rest = rest.dropFirst(4)
            default: return nil
            }
        }
        return String(validating: units, as: UTF16.self)
    }
}
