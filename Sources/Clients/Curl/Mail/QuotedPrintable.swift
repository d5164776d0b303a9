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

    /// What becomes of a byte.
    private enum Kind: UInt8 {
        case literal
        case blank
        case lineBreak
        case escaped

        init(_ byte: UInt8) {
            switch byte {
            case 0x09, 0x20: self = .blank
            case 0x0A, 0x0D: self = .lineBreak
            case 0x3D: self = .escaped
            case 0x21...0x7E: self = .literal
            default: self = .escaped
            }
        }
    }

    private static let kinds = (0...255).map { Kind($0) }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + bytes.count / 8 + 16)
        kinds.withUnsafeBufferPointer { kinds in
            var start = 0
            while start < bytes.count {
                var end = start
                while end < bytes.count, kinds[Int(bytes[end])] != .lineBreak { end += 1 }
                append(bytes[start..<end], kinds, to: &out)
                let isPair = end + 1 < bytes.count && bytes[end] == 0x0D && bytes[end + 1] == 0x0A
                start = end + (isPair ? 2 : 1)
            }
        }
        if out.isEmpty { out += "\r\n".utf8 }
        return out
    }

    /// Appends a line; bytes that stand for themselves are copied in runs.
    private static func append(_ line: Slice<UnsafeBufferPointer<UInt8>>, _ kinds: UnsafeBufferPointer<Kind>, to out: inout [UInt8]) {
        var (column, run) = (0, line.startIndex)
        for index in line.indices {
            // White space at the end of a line is lost on the way.
            let isLiteral =
                switch kinds[Int(line[index])] {
                case .literal: true
                case .blank: index + 1 < line.endIndex
                case .lineBreak, .escaped: false
                }
            let length = isLiteral ? 1 : 3
            if column + length > longestLine {
                out += line[run..<index]
                out += "=\r\n".utf8
                (column, run) = (0, index)
            }
            if !isLiteral {
                out += line[run..<index]
                out += escape(line[index])
                run = index + 1
            }
            column += length
        }
        out += line[run...]
        out += "\r\n".utf8
    }
}
