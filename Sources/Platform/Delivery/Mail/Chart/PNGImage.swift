/// An image of at most 256 colours, as a PNG file (RFC 2083): indexed pixels, compressed as runs (RFC 1951).
///
/// Charts are large areas of one colour, for which runs are enough: a chart of 1,200 × 480 pixels takes a few thousand
/// bytes.
struct PNGImage: Sendable {
    let width: Int
    let height: Int
    private let palette: [Color]
    private var pixels: [UInt8]

    /// A colour of the palette.
    struct Color: Sendable, Equatable {
        let red: UInt8
        let green: UInt8
        let blue: UInt8
    }

    /// An image in the first colour of its palette.
    init(width: Int, height: Int, palette: [Color]) {
        self.width = width
        self.height = height
        self.palette = palette
        pixels = Array(repeating: 0, count: width * height)
    }

    /// Fills a rectangle with a colour, by its place in the palette. What lies outside of the image is left out.
    mutating func fill(x: Int, y: Int, width: Int, height: Int, color: UInt8) {
        let columns = max(x, 0)..<max(min(x + width, self.width), max(x, 0))
        for row in max(y, 0)..<max(min(y + height, self.height), max(y, 0)) {
            for column in columns { pixels[row * self.width + column] = color }
        }
    }

    /// The colour of a pixel, by its place in the palette.
    func color(x: Int, y: Int) -> UInt8 { pixels[y * width + x] }

    /// The file.
    var file: [UInt8] {
        var header = Self.bigEndian(width) + Self.bigEndian(height)
        // 8 bits a pixel, indexed colour, the standard compression and filter methods, not interlaced.
        header += [8, 3, 0, 0, 0]
        var rows: [UInt8] = []
        rows.reserveCapacity((width + 1) * height)
        for row in 0..<height {
            // Filter 0: the bytes as they are.
            rows.append(0)
            rows += pixels[row * width..<(row + 1) * width]
        }
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        return signature + Self.chunk("IHDR", header) + Self.chunk("PLTE", palette.flatMap { [$0.red, $0.green, $0.blue] })
            + Self.chunk("IDAT", RunDeflate.zlib(rows)) + Self.chunk("IEND", [])
    }

    private static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + content
        return bigEndian(content.count) + body + bigEndian(Int(crc(body)))
    }

    private static func bigEndian(_ number: Int) -> [UInt8] {
        [
            UInt8(truncatingIfNeeded: number >> 24), UInt8(truncatingIfNeeded: number >> 16), UInt8(truncatingIfNeeded: number >> 8),
            UInt8(truncatingIfNeeded: number),
        ]
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes { crc = crcTable[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
        return crc ^ 0xFFFF_FFFF
    }

    private static let crcTable: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
    }
}
