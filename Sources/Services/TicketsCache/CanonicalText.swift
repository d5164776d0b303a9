import Contracts

extension CanonicalJSON {
    /// Writes a JSON string with the escapes of RFC 8785, section 3.2.2.2.
    static func quote(_ text: String, into output: inout [UInt8]) {
        output.append("\"")
        for byte in text.utf8 {
            switch byte {
            case "\"": output += "\\\"".utf8
            case "\\": output += "\\\\".utf8
            case 8: output += "\\b".utf8
            case 9: output += "\\t".utf8
            case 10: output += "\\n".utf8
            case 12: output += "\\f".utf8
            case 13: output += "\\r".utf8
            case 0..<0x20: output += "\\u00\(byte < 0x10 ? "0" : "1")\(String(byte & 15, radix: 16))".utf8
            default: output.append(byte)
            }
        }
        output.append("\"")
    }
}

extension UInt8: @retroactive ExpressibleByUnicodeScalarLiteral {
    /// An ASCII character as its byte.
    public init(unicodeScalarLiteral value: UnicodeScalar) { self.init(ascii: value) }
}
