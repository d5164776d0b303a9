import Foundation
import Testing

@testable import Platform

@Suite("docs/metrics.md has the metrics of the code")
struct MetricsTests {
    @Test("Its table is made from the declarations")
    func table() throws {
        let rows = Metric.all.map { metric in
            "| `\(metric.name)` | \(metric.kind.rawValue) | \(metric.labels.map { "`\($0)`" }.joined(separator: ", ")) | \(metric.help) |"
        }
        let table = (["| metric | type | labels | what |", "| --- | --- | --- | --- |"] + rows).joined(separator: "\n") + "\n"
        let text = try Repository.text("docs/metrics.md")
        let start = text.range(of: "| metric |")?.lowerBound ?? text.endIndex
        let right = text[..<start] + table
        if text != right {
            let file = FileManager.default.temporaryDirectory.appending(path: "metrics.md")
            try String(right).write(to: file, atomically: true, encoding: .utf8)
            Issue.record("the table of docs/metrics.md is not that of Metric.swift; the right text is in \(file.path)")
        }
    }

    @Test("Every metric is declared: none is made by its name elsewhere, and each declared one is used")
    func declared() throws {
        let folder = URL(filePath: "\(Repository.root)/Sources")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var code = ""
        for case let file as URL in files where file.pathExtension == "swift" && !file.path.contains("/Platform/Metrics/Metric") {
            code += try String(contentsOf: file, encoding: .utf8)
        }
        let made = code.matches(of: /(?:label: |TYPE )"?((?:boxoffice|process)_[a-z_]+)/).map { String($0.1) }
        #expect(made == [])
        let declarations = try Repository.text("Sources/Platform/Metrics/Metric.swift")
            .matches(of: /static let ([A-Za-z]+) = (?:Counter|Gauge|Timer)Metric/).map { String($0.1) }
        #expect(declarations.count == Metric.all.count)
        let used = Set(code.matches(of: /\bMetric\.([A-Za-z]+)/).map { String($0.1) })
        #expect(Set(declarations).subtracting(used) == [])
        #expect(Set(Metric.all.map(\.name)).count == Metric.all.count)
    }

    @Test("No other page has a table of metrics")
    func onePage() throws {
        let pages = try FileManager.default.contentsOfDirectory(atPath: "\(Repository.root)/docs").filter { $0.hasSuffix(".md") }
        for page in pages where page != "metrics.md" { #expect(try !Repository.text("docs/\(page)").contains("\n| `boxoffice_"), "docs/\(page)") }
    }

    @Test("The values of labels that a help text lists are those that are counted")
    func outcomes() throws {
        func listed(_ metric: MetricDescription) -> Set<String> { Set(metric.help.matches(of: /`([a-z_]+)`/).map { String($0.1) }) }
        #expect(listed(Metric.deliveries.description) == Set(DeliveryStatus.allCases.map(\.rawValue)))
        #expect(listed(Metric.errors.description) == Set(ErrorKind.allCases.map(\.rawValue)))
        #expect(listed(Metric.outsideCallSeconds.description) == Set(OutsideService.Outcome.allCases.map(\.rawValue)))
        let files = ["EventConsumer", "RetryPublisher"].map { "Sources/Platform/Messaging/\($0).swift" }
        let counted = try files.map(Repository.text).joined()
            .matches(of: /Metric\.messages\([a-z.]+, (?:isLast \? "([a-z]+)" : )?"([a-z]+)"\)/)
            .flatMap { [$0.1, $0.2] }.compactMap { $0.map(String.init) }
        #expect(listed(Metric.messages.description) == Set(counted))
    }
}
