import CoreMetrics
import Synchronization

/// How often values fell below each of some bounds, with their sum and number.
final class PrometheusHistogram: TimerHandler, RecorderHandler, Sendable {
    static let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
    static let counts: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000]

    private struct State {
        var buckets: [Int]
        var sum = 0.0
        var count = 0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(_ bounds: [Double]) {
        self.bounds = bounds
        self.state = Mutex(State(buckets: Array(repeating: 0, count: bounds.count)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) {
        state.withLock { state in
            if let index = bounds.firstIndex(where: { value <= $0 }) { state.buckets[index] += 1 }
            state.sum += value
            state.count += 1
        }
    }

    func lines(_ name: String, _ labels: String) -> String {
        let (buckets, sum, count) = state.withLock { ($0.buckets, $0.sum, $0.count) }
        var text = ""
        var below = 0
        let separator = labels.isEmpty ? "" : ","
        for (bound, bucket) in zip(bounds, buckets) {
            below += bucket
            text += "\(name)_bucket{\(labels)\(separator)le=\"\(bound)\"} \(below)\n"
        }
        text += "\(name)_bucket{\(labels)\(separator)le=\"+Inf\"} \(count)\n"
        return text + "\(name)_sum\(PrometheusMetrics.braced(labels)) \(sum)\n\(name)_count\(PrometheusMetrics.braced(labels)) \(count)\n"
    }
}
