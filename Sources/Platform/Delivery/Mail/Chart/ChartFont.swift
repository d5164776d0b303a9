/// Digits and the signs of dates and times, three dots wide and five high.
enum ChartFont {
    private static let dot = 2 * ChartDrawing.scale
    private static let glyphs: [Character: [UInt8]] = [
        "0": [7, 5, 5, 5, 7], "1": [2, 6, 2, 2, 7], "2": [7, 1, 7, 4, 7], "3": [7, 1, 7, 1, 7], "4": [5, 5, 7, 1, 1], "5": [7, 4, 7, 1, 7],
        "6": [7, 4, 7, 5, 7], "7": [7, 1, 1, 1, 1], "8": [7, 5, 7, 5, 7], "9": [7, 5, 7, 1, 7], "-": [0, 0, 7, 0, 0], ":": [0, 2, 0, 2, 0],
        "/": [1, 1, 2, 4, 4], ".": [0, 0, 0, 0, 2],
    ]

    /// Draws a text in the middle of a place. Characters that have no glyph leave a gap; a text that does not fit is left
    /// out.
    static func draw(_ text: String, centre: Int, top: Int, fits room: Int, in image: inout PNGImage, color: UInt8) {
        let width = (text.count * 4 - 1) * dot
        guard !text.isEmpty, width <= room else { return }
        var left = centre - width / 2
        for character in text {
            for (row, bits) in (glyphs[character] ?? []).enumerated() {
                for column in 0..<3 where bits & (4 >> UInt8(column)) != 0 {
                    image.fill(x: left + column * dot, y: top + row * dot, width: dot, height: dot, color: color)
                }
            }
            left += 4 * dot
        }
    }
}
