import Metrics

/// A metric: its name, what it measures and its labels. `/metrics` (`# HELP`) and docs/metrics.md take them from here.
public struct MetricDescription: Sendable {
    /// How its values go together (Prometheus' metric types).
    public enum Kind: String, Sendable {
        /// Only rises, from 0 at the start of the process.
        case counter
        /// Rises and falls.
        case gauge
        /// How often values fell below each of some bounds, with their sum and number.
        case histogram
    }

    /// As Prometheus has it: the base unit at its end, `_total` for counters.
    public let name: String
    /// Its type.
    public let kind: Kind
    /// The names of its labels. Their values come from closed lists: never a text from outside.
    public let labels: [String]
    /// What it measures, in one line.
    public let help: String
}

/// A declared counter.
public struct CounterMetric: Sendable {
    /// What it counts.
    public let description: MetricDescription

    init(_ name: String, labels: [String] = [], _ help: String) {
        description = MetricDescription(name: name, kind: .counter, labels: labels, help: help)
    }

    /// The counter for these values of the labels, in their order.
    public func callAsFunction(_ values: String...) -> Counter {
        Counter(label: description.name, dimensions: description.dimensions(values))
    }

    /// Counts one more.
    public func increment(_ values: String...) {
        Counter(label: description.name, dimensions: description.dimensions(values)).increment()
    }
}

/// A declared gauge.
public struct GaugeMetric: Sendable {
    /// What it shows.
    public let description: MetricDescription

    init(_ name: String, labels: [String] = [], _ help: String) {
        description = MetricDescription(name: name, kind: .gauge, labels: labels, help: help)
    }

    /// The gauge for these values of the labels, in their order.
    public func callAsFunction(_ values: String...) -> Gauge {
        Gauge(label: description.name, dimensions: description.dimensions(values))
    }
}

/// A declared histogram of durations, in seconds.
public struct TimerMetric: Sendable {
    /// What it measures.
    public let description: MetricDescription

    init(_ name: String, labels: [String] = [], _ help: String) {
        description = MetricDescription(name: name, kind: .histogram, labels: labels, help: help)
    }

    /// The histogram for these values of the labels, in their order.
    public func callAsFunction(_ values: String...) -> Metrics.Timer {
        Metrics.Timer(label: description.name, dimensions: description.dimensions(values))
    }

    /// Records a duration.
    public func record(_ duration: Duration, _ values: String...) {
        Metrics.Timer(label: description.name, dimensions: description.dimensions(values)).record(duration: duration)
    }
}

extension MetricDescription {
    func dimensions(_ values: [String]) -> [(String, String)] {
        precondition(values.count == labels.count, "\(name) has the labels \(labels)")
        return Array(zip(labels, values))
    }
}
