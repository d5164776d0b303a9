/// Draws bar charts: dark bars on white, a line at zero, the labels below.
enum ChartDrawing {
    /// The size at which a chart is shown.
    static let width = 520
    static let height = 200
    /// Pixels of the image for one of its size.
    static let scale = 2

    private static let paper = PNGImage.Color(red: 255, green: 255, blue: 255)
    private static let ink = PNGImage.Color(red: 74, green: 64, blue: 212)
    private static let line = PNGImage.Color(red: 217, green: 219, blue: 226)
    private static let text = PNGImage.Color(red: 86, green: 92, blue: 103)

    static func draw(_ chart: MailChart) -> PNGImage {
        var image = PNGImage(width: width * scale, height: height * scale, palette: [paper, ink, line, text])
        let margin = 10 * scale
        let foot = 24 * scale
        let floor = image.height - foot
        let room = floor - margin
        for quarter in 0...3 { image.fill(x: margin, y: margin + room * quarter / 4, width: image.width - 2 * margin, height: scale / 2, color: 2) }
        image.fill(x: margin, y: floor, width: image.width - 2 * margin, height: scale, color: 3)
        guard !chart.values.isEmpty else { return image }
        let highest = chart.values.max() ?? 0
        let step = Double(image.width - 2 * margin) / Double(chart.values.count)
        for (index, value) in chart.values.enumerated() {
            let left = margin + Int(step * (Double(index) + 0.18))
            let bar = max(Int(step * 0.64), 1)
            // A value that is not zero is seen.
            let height = highest > 0 && value > 0 ? max(Int(Double(room) * value / highest), scale) : 0
            image.fill(x: left, y: floor - height, width: bar, height: height, color: 1)
            ChartFont.draw(chart.labels[index], centre: left + bar / 2, top: floor + 7 * scale, fits: Int(step), in: &image, color: 3)
        }
        return image
    }
}
