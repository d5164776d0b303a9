/// Quoted-printable (RFC 2045 section 6.7).
enum QuotedPrintable {
    private static let hexadecimal = [UInt8]("0123456789ABCDEF".utf8)
    /// Column 76 is for the "=" of a soft line break.
    private static let longestLine = 75

    static func escape(_ byte: UInt8) -> [UInt8] { [0x3D, hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]] }

    /// The text in lines of at most 76 characters; CR, LF and CRLF all become CRLF, and the last line ends with one.
    static func encode(_ text: String) -> [UInt8] {
        var text = text
        return text.withUTF8(encode)
    }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + bytes.count / 8 + 16)
        var column = 0
        // Bytes that stand for themselves are copied in runs: from here to the present one.
        var run = 0
        func copyRun(to end: Int) { if run < end { out += bytes[run..<end] } }
        func startLine(_ ending: StaticString, at index: Int) {
            out += UnsafeBufferPointer(start: ending.utf8Start, count: ending.utf8CodeUnitCount)
            (column, run) = (0, index)
        }
        for (index, byte) in bytes.enumerated() {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0x0A
            if byte == 0x0A || byte == 0x0D {
                copyRun(to: index)
                // Of a CRLF the second half ends the line.
                if byte == 0x0A || next != 0x0A || index + 1 == bytes.count { startLine("\r\n", at: index + 1) } else { run = index + 1 }
                continue
            }
            let isBlank = byte == 0x20 || byte == 0x09
            // White space at the end of a line is lost on the way.
            let isLiteral = isBlank ? next != 0x0A && next != 0x0D : byte > 0x20 && byte < 0x7F && byte != 0x3D
            let length = isLiteral ? 1 : 3
            if column + length > longestLine {
                copyRun(to: index)
                startLine("=\r\n", at: index)
            }
            if !isLiteral {
                copyRun(to: index)
                out += escape(byte)
                run = index + 1
            }
            column += length
        }
        copyRun(to: bytes.count)
        if column > 0 || out.isEmpty { startLine("\r\n", at: bytes.count) }
        return out
    }
}
