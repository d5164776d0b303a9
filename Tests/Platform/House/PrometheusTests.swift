import CoreMetrics
import Support
import Testing

@testable import Platform

@Suite("Metrics are in Prometheus' format")
struct PrometheusTests {
    /// Every declared metric, with values of labels that nobody should use.
    private static func exposition() -> String {
        let process = ProcessMetrics.exposition(of: "a \"b\" \\ c\nd")
        let metrics = PrometheusMetrics()
        let hostile = ["a \"b\" \\ c\nd", "\u{FFFD}\u{202E}é", ""]
        for metric in Metric.all where !process.contains("# TYPE \(metric.name) ") {
            let labels = metric.labels.enumerated().map { ($0.element, hostile[$0.offset % hostile.count]) }
            switch metric.kind {
            case .counter: metrics.makeCounter(label: metric.name, dimensions: labels).increment(by: 3)
            case .gauge: metrics.makeMeter(label: metric.name, dimensions: labels).set(-1.5e9)
            case .histogram: metrics.makeTimer(label: metric.name, dimensions: labels).recordNanoseconds(1_500_000)
            }
        }
        return metrics.exposition() + process
    }

    @Test("promtool check metrics finds nothing, with values that need escaping either", .enabled(if: Promtool.isInstalled))
    func promtool() throws {
        let finding = try Promtool.findings(in: Self.exposition())
        #expect(finding == "")
    }

    @Test("Each declared metric has its help text and its type, once")
    func heads() {
        let lines = Self.exposition().split(separator: "\n")
        for metric in Metric.all {
            #expect(lines.count { $0.hasPrefix("# HELP \(metric.name) ") } == 1, "\(metric.name)")
            #expect(lines.count { $0 == "# TYPE \(metric.name) \(metric.kind.rawValue)" } == 1, "\(metric.name)")
        }
    }

    @Test("Only backslash, quote and line end are escaped in the value of a label")
    func escaping() { #expect(PrometheusMetrics.quoted("a\"b\\c\nd\tü") == "\"a\\\"b\\\\c\\nd\tü\"") }
}
