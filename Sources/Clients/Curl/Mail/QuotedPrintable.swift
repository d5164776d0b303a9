/// Quoted-printable (RFC 2045 section 6.7).
enum QuotedPrintable {
    private static let hexadecimal = [UInt8]("0123456789ABCDEF".utf8)

    static func escape(_ byte: UInt8) -> [UInt8] { [0x3D, hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]] }

    /// The text in lines of at most 76 characters; CR, LF and CRLF all become CRLF, and the last line ends with one.
    static func encode(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count + text.utf8.count / 8 + 16)
        var line: [UInt8] = []
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if byte == 0x0A, previous == 0x0D {
                // The second half of a CRLF.
            } else if byte == 0x0A || byte == 0x0D {
                append(line, to: &out)
                line.removeAll(keepingCapacity: true)
            } else {
                line.append(byte)
            }
            previous = byte
        }
        if !line.isEmpty || out.isEmpty { append(line, to: &out) }
        return out
    }

    private static func append(_ line: [UInt8], to out: inout [UInt8]) {
        var column = 0
        for (index, byte) in line.enumerated() {
            let isBlank = byte == 0x20 || byte == 0x09
            // White space at the end of a line is lost on the way.
            let isLiteral = isBlank ? index < line.count - 1 : (0x21...0x7E).contains(byte) && byte != 0x3D
            let length = isLiteral ? 1 : 3
            // Column 76 is for the "=" of a soft line break.
            if column + length > 75 {
                out += "=\r\n".utf8
                column = 0
            }
            if isLiteral { out.append(byte) } else { out += escape(byte) }
            column += length
        }
        out += "\r\n".utf8
    }
}
