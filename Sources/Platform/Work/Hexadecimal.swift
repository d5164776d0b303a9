/// Numbers as lower-case hexadecimal digits, with leading zeros.
enum Hexadecimal {
    /// Appends the last `digits` digits of a number.
    static func append(_ number: UInt64, digits: Int, to text: inout [UInt8]) {
        for place in (0..<digits).reversed() {
            let digit = UInt8(truncatingIfNeeded: number >> (4 * place) & 0xF)
            text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
    }

    /// Whether the byte is a lower-case hexadecimal digit.
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }
}
