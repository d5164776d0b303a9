import NIOCore

extension ByteBuffer {
    /// Writes 128 bits as a version 4 UUID in lower case.
    mutating func writeUUID(_ high: UInt64, _ low: UInt64) {
        let high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        writeHex(high >> 32, digits: 8)
        writeInteger(UInt8(ascii: "-"))
        writeHex(high >> 16, digits: 4)
        writeInteger(UInt8(ascii: "-"))
        writeHex(high, digits: 4)
        writeInteger(UInt8(ascii: "-"))
        writeHex(low >> 48, digits: 4)
        writeInteger(UInt8(ascii: "-"))
        writeHex(low, digits: 12)
    }

    /// Writes seconds since 1970 as `2026-01-31T08:00:00Z`.
    mutating func writeSecond(_ seconds: Int64) {
        writeString(Timestamp(microseconds: seconds * 1_000_000).text(withFraction: false))
    }

    /// Writes the lowest digits of a number.
    private mutating func writeHex(_ value: UInt64, digits: Int) {
        for digit in stride(from: digits - 1, through: 0, by: -1) {
            let nibble = UInt8(truncatingIfNeeded: value >> UInt64(digit * 4)) & 15
            writeInteger(nibble < 10 ? nibble + UInt8(ascii: "0") : nibble - 10 + UInt8(ascii: "a"))
        }
    }
}
