import Contracts
import CoreMetrics
import FoundationEssentials
import Synchronization

/// Metrics of this process in Prometheus' text exposition format 0.0.4, behind swift-metrics, so that a library can
/// replace it.
///
/// Counters, gauges and histograms. A recorder or timer is a histogram with fixed buckets: seconds for timers, counts
/// for recorders.
public final class PrometheusMetrics: MetricsFactory, Sendable {
    private struct Key: Hashable {
        let name: String
        let labels: String
    }

    private struct Registry {
        var counters: [Key: PrometheusCounter] = [:]
        var gauges: [Key: PrometheusGauge] = [:]
        var histograms: [Key: PrometheusHistogram] = [:]
    }

    private let registry = Mutex(Registry())

    /// An empty registry.
    public init() {}

    /// The registry of this process, set up once at its start.
    public static let shared = PrometheusMetrics()

    // MARK: - What swift-metrics asks for

    /// The counter of this name and these dimensions.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        metric(\.counters, label, dimensions) { PrometheusCounter() }
    }

    /// A gauge that only goes up: fractions are kept.
    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        gauge(label, dimensions)
    }

    /// The gauge of this name and these dimensions.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { gauge(label, dimensions) }

    /// The histogram (or, without aggregation, the gauge) of this name and these dimensions.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions, PrometheusHistogram.counts) : gauge(label, dimensions)
    }

    /// The histogram of durations of this name and these dimensions, in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, PrometheusHistogram.seconds)
    }

    /// Metrics live as long as the process.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Metrics live as long as the process.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Metrics live as long as the process.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Metrics live as long as the process.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Metrics live as long as the process.
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> PrometheusGauge {
        metric(\.gauges, label, dimensions) { PrometheusGauge() }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)], _ bounds: [Double]) -> PrometheusHistogram {
        metric(\.histograms, label, dimensions) { PrometheusHistogram(bounds) }
    }

    /// The metric of this name and these dimensions, made when it is asked for first.
    private func metric<M: Sendable>(
        _ kind: WritableKeyPath<Registry, [Key: M]>, _ label: String, _ dimensions: [(String, String)], make: () -> M
    ) -> M {
        let key = Self.key(label, dimensions)
        return registry.withLock { registry in
            let metric = registry[keyPath: kind][key] ?? make()
            registry[keyPath: kind][key] = metric
            return metric
        }
    }

    // MARK: - Exposition

    /// All metrics as `text/plain; version=0.0.4`.
    public func exposition() -> String {
        let (counters, gauges, histograms) = registry.withLock { ($0.counters, $0.gauges, $0.histograms) }
        var text = ""
        var seen: Set<String> = []
        func type(_ name: String, _ kind: String) {
            if seen.insert(name).inserted { text += Self.head(name, kind) }
        }
        for (key, counter) in counters.sorted(by: { Self.before($0.key, $1.key) }) {
            type(key.name, "counter")
            text += "\(key.name)\(Self.braced(key.labels)) \(counter.value)\n"
        }
        for (key, gauge) in gauges.sorted(by: { Self.before($0.key, $1.key) }) {
            type(key.name, "gauge")
            text += "\(key.name)\(Self.braced(key.labels)) \(gauge.value)\n"
        }
        for (key, histogram) in histograms.sorted(by: { Self.before($0.key, $1.key) }) {
            type(key.name, "histogram")
            text += histogram.lines(key.name, key.labels)
        }
        return text
    }

    private static func before(_ a: Key, _ b: Key) -> Bool { (a.name, a.labels) < (b.name, b.labels) }

    /// The lines before the values of a metric.
    static func head(_ name: String, _ kind: String) -> String {
        let help = Metric.byName[name].map { "# HELP \(name) \($0.help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n" }
        return (help ?? "") + "# TYPE \(name) \(kind)\n"
    }

    /// A value of a label: only these three are escaped (Prometheus' text format 0.0.4).
    static func quoted(_ value: String) -> String {
        "\"\(value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n"))\""
    }

    static func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

    private static func key(_ label: String, _ dimensions: [(String, String)]) -> Key {
        let name = String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
        let labels = dimensions.map { "\($0.0)=\(quoted($0.1))" }.joined(separator: ",")
        return Key(name: name, labels: labels)
    }
}
