import Contracts
import Metrics
import Synchronization

/// How many slices of each job this process is working on.
final class SlicesRunning: Sendable {
    static let shared = SlicesRunning()

    private let running = Mutex<[JobName: Int]>([:])

    func began(_ job: JobName) { add(1, job) }

    func ended(_ job: JobName) { add(-1, job) }

    private func add(_ slices: Int, _ job: JobName) {
        running.withLock { running in
            running[job, default: 0] += slices
            Metric.slicesRunning(job.rawValue).record(running[job, default: 0])
        }
    }
}
