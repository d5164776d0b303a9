import BuildInfo
import Contracts
import FoundationEssentials
import Glibc

/// The kernel's figures of this process, in Prometheus' text format under the names that its client libraries agree on.
enum ProcessMetrics {
    private static let started = Date()

    /// Called once at the start of the process, so that its start time is right.
    static func begin() { _ = started }

    /// The lines for `/metrics`.
    static func exposition(of service: String) -> String {
        let build = "version=\(PrometheusMetrics.quoted(BuildInfo.version)),service=\(PrometheusMetrics.quoted(service))"
        return line(Metric.buildInfo.description, 1, "{\(build)}") + line(Metric.cpuSeconds.description, cpuSeconds)
            + line(Metric.openFiles.description, openFiles.map(Double.init)) + line(Metric.mostFiles.description, mostFiles.map(Double.init))
            + line(Metric.residentMemory.description, residentBytes.map(Double.init))
            + line(Metric.startTime.description, started.timeIntervalSince1970)
    }

    /// Nothing for a figure that the kernel does not tell.
    private static func line(_ metric: MetricDescription, _ value: Double?, _ labels: String = "") -> String {
        guard let value else { return "" }
        let text = Int(exactly: value).map { "\($0)" } ?? "\(value)"
        return PrometheusMetrics.head(metric.name, metric.kind.rawValue) + "\(metric.name)\(labels) \(text)\n"
    }

    private static var cpuSeconds: Double? {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
        let times = [usage.ru_utime, usage.ru_stime]
        return times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }

    /// The entries of `/proc/self/fd` (proc(5)), without `.`, `..` and that of looking.
    private static var openFiles: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count - 3
    }

    private static var mostFiles: Int? {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Int(clamping: limit.rlim_cur) : nil
    }

    /// The second field of `/proc/self/statm` (proc(5)).
    static var residentBytes: Int? {
        guard let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let fields = statm.split(separator: " ")
        return fields.count > 1 ? Int(fields[1]).map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) } : nil
    }
}
