import Contracts

/// A bar chart in a mail, drawn when the mail is sent: an image that is a part of the mail, because mail readers load
/// none from elsewhere, with its figures as alternative text. What it shows is said by the template, in its language.
public struct MailChart: Codable, Sendable, Equatable {
    /// What stands below each bar, `24`: digits and a few signs are drawn (``ChartFont``).
    public let labels: [String]
    /// The height of each bar, at least 0.
    public let values: [Double]
    /// What each bar says in words: `EUR 1,234.50`; as many as values.
    public let texts: [String]

    /// A chart. Of lists of different lengths the shortest counts.
    public init(labels: [String], values: [Double], texts: [String]) {
        let count = min(labels.count, values.count, texts.count)
        self.labels = Array(labels.prefix(count))
        self.values = values.prefix(count).map { $0.isFinite ? max($0, 0) : 0 }
        self.texts = Array(texts.prefix(count))
    }

    /// The figures in words, for readers without images: `24 – 210; 25 – 180`.
    public var figures: String { zip(labels, texts).map { "\($0) – \($1)" }.joined(separator: "; ") }

    /// The facts by which a template shows it, in the list `charts`: `{{src}}`, `{{figures}}`, `{{width}}` and
    /// `{{height}}`.
    public func facts(source: String) -> [String: MailFact] {
        [
            "src": .text(source), "figures": .text(figures), "width": .text("\(ChartDrawing.width)"),
            "height": .text("\(ChartDrawing.height)"),
        ]
    }

    /// The PNG file: ``ChartDrawing/scale`` times the size at which it is shown, for sharp screens.
    public var image: [UInt8] { ChartDrawing.draw(self).file }

    var json: String {
        let list = { (texts: [String]) in "[\(texts.map(JSONText.quoted).joined(separator: ","))]" }
        return
            "{\"labels\":\(list(labels)),\"values\":[\(values.map { "\($0)" }.joined(separator: ","))],\"texts\":\(list(texts))}"
    }
}
