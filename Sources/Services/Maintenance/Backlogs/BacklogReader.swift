import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Reads the ``Backlogs``: lengths of queues from the broker, how their consumers get on from the heartbeats, the rest
/// from tables, all at a cost that does not depend on how much waits.
struct BacklogReader: Sendable {
    let runtime: ServiceRuntime
    /// Since when each queue has had messages and nobody who consumes it.
    private var unattended: [String: ContinuousClock.Instant] = [:]

    init(_ runtime: ServiceRuntime) { self.runtime = runtime }

    /// The most rows of a table that are counted.
    private static let most = 100_000

    /// The topologies of all services, as Contracts/ has them.
    private static let topologies: [ServiceTopology] = {
        let jobs = Dictionary(grouping: JobName.all, by: \.service)
        let readers = MessageRoute.all.flatMap { route in route.readers.map { ($0, route.type) } }
        let types = Dictionary(grouping: readers, by: \.0).mapValues { $0.map(\.1) }
        return Set(jobs.keys).union(types.keys).sorted().map { ServiceTopology(service: $0, jobs: jobs[$0] ?? [], types: types[$0] ?? []) }
    }()

    /// Reads them now.
    mutating func read() async throws -> Backlogs {
        let processes = try await runtime.database.query(Self.processes, as: Process.self)
        let queues = await queues(processes)
        return Backlogs(
            queues: queues, tables: try await runtime.database.query(Self.tables, as: Backlogs.Tables.self, Self.most),
            successes: try await runtime.database.query(Self.successes, as: Backlogs.LastSuccess.self, JobName.all.map(\.rawValue)),
            alerts: try await runtime.database.query(Self.alerts, as: Backlogs.OpenAlerts.self),
            isShown: processes.first { $0.service == runtime.name }?.instance == runtime.instance)
    }

    private mutating func queues(_ processes: [Process]) async -> [Backlogs.Queue] {
        let byService = Dictionary(grouping: processes, by: \.service).mapValues { $0.map(\.figures) }
        let lengths = await lengths()
        var queues: [Backlogs.Queue] = []
        for topology in Self.topologies {
            let consumed = Set(QueueName.work(of: topology.service))
            for name in topology.ownQueues {
                let figures = (byService[topology.service] ?? []).compactMap { $0[name] }
                let status = lengths.flatMap { $0[name] ?? nil }
                // A broker that could not be asked by us may have answered the service itself.
                let length = lengths == nil ? figures.compactMap(\.messages).max() : status?.messages
                var queue = Backlogs.Queue(name: name, service: topology.service, isConsumed: consumed.contains(name))
                queue.add(figures, length: length)
                queue.hasConsumer = queue.isConsumed && (!figures.isEmpty || (status?.consumers ?? 0) > 0)
                if queue.isConsumed { attend(&queue) }
                queues.append(queue)
            }
        }
        return queues
    }

    /// A queue with messages that nobody consumes stands still since the first look that saw it so.
    private mutating func attend(_ queue: inout Backlogs.Queue) {
        guard !queue.hasConsumer, let messages = queue.messages, messages > 0 else {
            unattended[queue.name] = nil
            return
        }
        let since = unattended[queue.name] ?? .now
        unattended[queue.name] = since
        queue.stalledSeconds = Int((ContinuousClock.now - since).timeInterval)
        queue.oldestSeconds = queue.stalledSeconds
    }

    /// What the broker says of each queue, nil for one that is not there; nil when the broker could not be asked.
    private func lengths() async -> [String: AMQPQueueStatus?]? {
        guard runtime.broker.isConnected, runtime.broker.blockedReason == nil else { return nil }
        var lengths: [String: AMQPQueueStatus?] = [:]
        for queue in Self.topologies.flatMap(\.ownQueues) {
            do {
                lengths[queue] = .some(try await runtime.broker.inspect(queue: queue))
            } catch {
                // The connection was lost, which is reported by those who work with it, or this user may not ask.
                return nil
            }
        }
        return lengths
    }

    /// A process that beats.
    private struct Process: Decodable, Sendable {
        let service: String
        let instance: String
        /// JSON.
        let queues: String

        var figures: [String: QueueFigures] { QueueFigures.read(queues) }
    }

    // The one that has run longest is the first of its service.
    private static let processes: SQL = """
        select service, instance, coalesce((backlog -> 'queues')::text, '{}') as queues from operations.heartbeats
        where seen_at >= now() - make_interval(secs => 2.5 * interval_seconds) order by started_at, instance limit 1000
        """

    private static let tables: SQL = """
        select service, outbox, outbox_seconds, deliveries, deliveries_seconds, failed_deliveries from operations.backlogs($1)
        """

    private static let successes: SQL = "select job, at from operations.last_successes($1)"

    private static let alerts: SQL = """
        select kind, count(*) as count from operations.alerts where until is null group by kind order by kind limit 100
        """
}

/// What a heartbeat says of a queue.
struct QueueFigures: Decodable, Sendable {
    let messages: Int?
    let unacked: Int
    let oldestSeconds: Int?
    let stalledSeconds: Int?

    /// The figures of a process's queues by their names; none when they cannot be read, because another version wrote
    /// them: then nothing is known of how its queues get on.
    static func read(_ json: String) -> [String: QueueFigures] {
        (try? JSONDecoder().decode([String: QueueFigures].self, from: Data(json.utf8))) ?? [:]
    }
}

extension Backlogs.Queue {
    /// Adds what the processes of its service say.
    fileprivate mutating func add(_ figures: [QueueFigures], length: Int?) {
        let unacked = figures.reduce(0) { $0 + $1.unacked }
        messages = length.map { $0 + unacked } ?? (unacked > 0 ? unacked : nil)
        guard isConsumed else { return }
        oldestSeconds = figures.compactMap(\.oldestSeconds).max()
        // Who has deliveries in hand and completes none stands still, whatever the others do.
        let holding = figures.filter { $0.unacked > 0 }.compactMap(\.stalledSeconds)
        stalledSeconds = holding.max() ?? figures.compactMap(\.stalledSeconds).min()
    }
}
