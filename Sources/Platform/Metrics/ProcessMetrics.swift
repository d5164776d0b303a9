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
        let build = "version=\(JSONText.quoted(BuildInfo.version)),service=\(JSONText.quoted(service))"
        var text = "# TYPE boxoffice_build_info gauge\nboxoffice_build_info{\(build)} 1\n"
        text += "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds \(started.timeIntervalSince1970)\n"
        if let pages = residentPages() {
            text += "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes \(pages * Int(sysconf(Int32(_SC_PAGESIZE))))\n"
        }
        return text
    }

    /// The second field of `/proc/self/statm` (proc(5)).
    private static func residentPages() -> Int? {
        guard let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let fields = statm.split(separator: " ")
        return fields.count > 1 ? Int(fields[1]) : nil
    }
}
