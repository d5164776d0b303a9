/// Quoted-printable (RFC 2045, 6.7) and its variant for headers, Q (RFC 2047, 4.2).
enum QuotedPrintable {
    /// Decodes `=XX` and soft line ends; an invalid escape is not changed.
    ///
    /// - Parameter isHeader: true for Q, where `_` is a space.
    static func decode(_ bytes: some Collection<UInt8>, isHeader: Bool = false) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = Array(bytes)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "_") && isHeader {
                decoded.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "=") {
                if rest.starts(with: [13, 10]) {
                    rest = rest.dropFirst(2)
                } else if rest.first == 10 {
                    rest = rest.dropFirst()
                } else if let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 {
                    decoded.append(value)
                    rest = rest.dropFirst(2)
                } else {
                    decoded.append(byte)
                }
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }
}
