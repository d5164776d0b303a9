import Foundation
import Platform
import Testing

@Suite("docs/metrics.md has the metrics of the code")
struct MetricsTests {
    /// Every metric that Sources name, with its labels.
    private static func inSources() throws -> [String: Set<String>] {
        var metrics: [String: Set<String>] = [:]
        let sources = URL(filePath: "\(Repository.root)/Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8).replacing(/(?m)^ *\/\/.*$/, with: "")
            for metric in text.matches(of: /label: "(boxoffice_[a-z_]+)"(?:,\s*dimensions: \[(.*?)\]\s*\))?/.dotMatchesNewlines()) {
                let labels = (metric.2 ?? "").matches(of: /\("([a-z_]+)",/).map { String($0.1) }
                metrics[String(metric.1), default: []].formUnion(labels)
            }
            // Lines that are written without swift-metrics.
            for metric in text.matches(of: /TYPE ((?:process|boxoffice)_[a-z_]+)\b/) { metrics[String(metric.1), default: []] = [] }
        }
        return metrics
    }

    /// The rows of the table: name, labels, text.
    private static func inDocument() throws -> [(name: String, labels: Set<String>, text: String)] {
        try Repository.text("docs/metrics.md").split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
            let labels = cells[2].matches(of: /`([a-z_]+)`/).map { String($0.1) }
            return (cells[1].trimmingCharacters(in: ["`"]), Set(labels), cells[3...].joined(separator: "|"))
        }
    }

    @Test("Names and labels are the same, each metric has one row, and no other page has a table of metrics")
    func names() throws {
        let sources = try Self.inSources()
        let rows = try Self.inDocument()
        #expect(Set(rows.map(\.name)) == Set(sources.keys))
        #expect(Set(rows.map(\.name)).count == rows.count)
        for row in rows where row.name != "boxoffice_build_info" { #expect(row.labels == sources[row.name], "\(row.name)") }
        let pages = try FileManager.default.contentsOfDirectory(atPath: "\(Repository.root)/docs").filter { $0.hasSuffix(".md") }
        for page in pages where page != "metrics.md" {
            #expect(try !Repository.text("docs/\(page)").contains("\n| `boxoffice_"), "docs/\(page)")
        }
    }

    @Test("The outcomes that a row lists are those that are counted")
    func outcomes() throws {
        let rows = Dictionary(uniqueKeysWithValues: try Self.inDocument().map { ($0.name, $0.text) })
        func listed(_ name: String) -> Set<String> { Set((rows[name] ?? "").matches(of: /`([a-z]+)`/).map { String($0.1) }) }
        #expect(listed("boxoffice_deliveries_total") == Set(DeliveryStatus.allCases.map(\.rawValue)))
        let files = ["EventConsumer", "RetryPublisher"].map { "Sources/Platform/Messaging/\($0).swift" }
        let consumer = try files.map(Repository.text).joined()
        let counted = consumer.matches(of: /\("outcome", (?:isLast \? "([a-z]+)" : )?"([a-z]+)"\)/)
            .flatMap { [$0.1, $0.2] }.compactMap { $0.map(String.init) }
        #expect(listed("boxoffice_messages_total") == Set(counted))
    }
}
