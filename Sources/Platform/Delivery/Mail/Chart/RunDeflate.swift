/// Compresses bytes by their runs: DEFLATE (RFC 1951) with the fixed codes and matches of distance 1 alone, in the frame
/// of zlib (RFC 1950).
struct RunDeflate {
    private var bytes: [UInt8] = []
    private var pending: UInt32 = 0
    private var count: UInt32 = 0

    /// A zlib stream of these bytes.
    static func zlib(_ content: [UInt8]) -> [UInt8] {
        var writer = RunDeflate()
        writer.deflate(content)
        let sum = adler(content)
        let check = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
        return [0x78, 0x01] + writer.bytes + check
    }

    private mutating func deflate(_ content: [UInt8]) {
        // The last block, with fixed codes.
        put(1, bits: 1)
        put(1, bits: 2)
        var place = 0
        while place < content.count {
            let byte = content[place]
            literal(byte)
            var end = place + 1
            while end < content.count, content[end] == byte { end += 1 }
            var left = end - place - 1
            while left >= 3 {
                let length = min(left, 258)
                match(length)
                left -= length
            }
            for _ in 0..<left { literal(byte) }
            place = end
        }
        code(256)
        if count > 0 { put(0, bits: 8 - count) }
    }

    private mutating func literal(_ byte: UInt8) { code(Int(byte)) }

    /// The fixed code of a literal or a length (RFC 1951, 3.2.6).
    private mutating func code(_ symbol: Int) {
        switch symbol {
        case 0...143: putCode(UInt32(0x30 + symbol), bits: 8)
        case 144...255: putCode(UInt32(0x190 + symbol - 144), bits: 9)
        case 256...279: putCode(UInt32(symbol - 256), bits: 7)
        default: putCode(UInt32(0xC0 + symbol - 280), bits: 8)
        }
    }

    /// A repetition of the last byte, 3 to 258 times.
    private mutating func match(_ length: Int) {
        if length == 258 {
            code(285)
        } else {
            let index = Self.lengths.lastIndex { $0.base <= length } ?? 0
            code(257 + index)
            put(UInt32(length - Self.lengths[index].base), bits: Self.lengths[index].extra)
        }
        // Distance 1 has the code 0.
        putCode(0, bits: 5)
    }

    /// The least length of the codes 257 to 284, and their extra bits.
    private static let lengths: [(base: Int, extra: UInt32)] = {
        var lengths: [(base: Int, extra: UInt32)] = (3...10).map { ($0, 0) }
        var base = 11
        for extra in UInt32(1)...5 {
            for _ in 0..<4 {
                lengths.append((base, extra))
                base += 1 << Int(extra)
            }
        }
        return lengths
    }()

    /// Huffman codes begin with their highest bit; everything else with the lowest.
    private mutating func putCode(_ code: UInt32, bits: UInt32) {
        for bit in stride(from: Int(bits) - 1, through: 0, by: -1) { put((code >> UInt32(bit)) & 1, bits: 1) }
    }

    private mutating func put(_ value: UInt32, bits: UInt32) {
        pending |= value << count
        count += bits
        while count >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            count -= 8
        }
    }

    private static func adler(_ content: [UInt8]) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in content {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }
}
