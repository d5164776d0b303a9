/// A value of a gauge whose object comes and goes, a queue say.
public struct GaugeSample: Sendable, Equatable {
    /// The gauge's name.
    let name: String
    /// Its labels, `queue="bookings.events"`.
    let labels: String
    let value: Double
}

extension GaugeMetric {
    /// A value with these values of the labels, in their order.
    public func sample(_ value: Double, _ values: String...) -> GaugeSample {
        let labels = description.dimensions(values).map { "\($0.0)=\(PrometheusMetrics.quoted($0.1))" }.joined(separator: ",")
        return GaugeSample(name: description.name, labels: labels, value: value)
    }
}

extension PrometheusMetrics {
    /// The lines of gauges whose objects come and go.
    static func exposition(of samples: [GaugeSample]) -> String {
        Dictionary(grouping: samples, by: \.name).sorted { $0.key < $1.key }.map { name, samples in
            head(name, "gauge")
                + samples.map { sample in
                    let value = Int(exactly: sample.value).map { "\($0)" } ?? "\(sample.value)"
                    return "\(name)\(braced(sample.labels)) \(value)\n"
                }.joined()
        }.joined()
    }
}
