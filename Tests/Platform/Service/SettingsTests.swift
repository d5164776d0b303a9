import CoreMetrics
import FoundationEssentials
import Logging
import Testing

@testable import Platform

@Suite("Settings")
struct SettingsTests {
    @Test("What is missing or wrong is named, with what it must be")
    func named() {
        let settings = Settings(["HTTP_PORT": "abc", "PUSH_URL": "ftp://x", "LOG_LEVEL": "loud", "EMPTY": ""])
        #expect(complaint { try settings.value(.url("BYTEMARK_URL", "")) } == "BYTEMARK_URL is not set")
        #expect(complaint { try settings.value(.text("EMPTY", "")) } == "EMPTY is not set")
        #expect(complaint { try settings.value(PushSettings.url) } == "PUSH_URL is \"ftp://x\", but must be an http:// or https:// address")
        #expect(
            complaint { try settings.value(CommonSettings.httpPort) } == "HTTP_PORT is \"abc\", but must be a whole number from 0 to 65535")
        let level = complaint { try settings.value(CommonSettings.logLevel) }
        #expect(level?.hasPrefix("LOG_LEVEL is \"loud\", but must be one of trace, debug, info") == true)
    }

    @Test("A secret may come from a file, whose last line break is no part of it")
    func secretFile() throws {
        let path = "/tmp/boxoffice-secret-\(UInt64.random(in: 0...UInt64.max))"
        try Data("s3cret word\n".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try Settings(["PUSH_KEY_FILE": path]).secret("PUSH_KEY") == "s3cret word")
        #expect(try Settings(["PUSH_KEY_FILE": path, "PUSH_KEY": "direct"]).secret("PUSH_KEY") == "direct")
        #expect(
            complaint { try Settings(["PUSH_KEY_FILE": "/nowhere"]).value(PushSettings.key) }
                == "PUSH_KEY_FILE cannot read /nowhere: no such file or directory")
        #expect(complaint { try Settings(["PUSH_KEY_FILE": "/tmp"]).value(PushSettings.key) } == "PUSH_KEY_FILE cannot read /tmp: is a directory")
        #expect(try Settings(["PUSH_KEY_FILE": "/dev/null"]).optional(PushSettings.key) == nil)
    }

    @Test("Lists lose the space around their items")
    func lists() { #expect(Settings(["A": " x , y,,z "]).list("A") == ["x", "y", "z"]) }

    private func complaint<T>(_ body: () throws -> T) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return "\(error)"
        }
    }
}

@Suite("Log lines and metrics")
struct TellingTests {
    @Test("Counters, gauges and histograms in Prometheus' text format")
    func exposition() {
        let metrics = PrometheusMetrics()
        metrics.makeCounter(label: "a_total", dimensions: [("job", "x\"y")]).increment(by: 3)
        metrics.makeCounter(label: "a_total", dimensions: [("job", "z")]).increment(by: 1)
        metrics.makeMeter(label: "depth", dimensions: []).set(2.5)
        let timer = metrics.makeTimer(label: "t_seconds", dimensions: [("q", "e")])
        timer.recordNanoseconds(4_000_000)
        timer.recordNanoseconds(2_000_000_000)
        let text = metrics.exposition()
        #expect(
            text.hasPrefix(
                """
                # TYPE a_total counter
                a_total{job="x\\"y"} 3
                a_total{job="z"} 1
                # TYPE depth gauge
                depth 2.5
                # TYPE t_seconds histogram
                t_seconds_bucket{q="e",le="0.001"} 0
                """))
        #expect(text.contains(#"t_seconds_bucket{q="e",le="0.005"} 1"#))
        #expect(text.contains(#"t_seconds_bucket{q="e",le="+Inf"} 2"#))
        #expect(text.contains(#"t_seconds_count{q="e"} 2"#))
    }

    @Test(
        "A traceparent is read as W3C Trace Context says",
        arguments: [
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true), ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-more", true),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false),
            ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
            ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false), ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
            ("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false), ("", false), ("garbage", false),
        ])
    func traceparent(text: String, isRead: Bool) {
        #expect((TraceContext(traceparent: text) != nil) == isRead)
    }
}
