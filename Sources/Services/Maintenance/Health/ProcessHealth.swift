import FoundationEssentials
import Platform
import Postgres

/// The processes of all services, as their heartbeats say: a row of `operations.heartbeats`.
struct ProcessHealth: Decodable, Sendable {
    let service: String
    let instance: String
    let version: String
    let uptimeSeconds: Int
    /// How long ago it was last seen.
    let seenSeconds: Int
    let isSilent: Bool
    let residentBytes: Int?
    /// How long its oldest transaction has been under way.
    let oldestWorkSeconds: Int?
    /// The figures of its queues, JSON.
    private let queues: String
    let errorKind: String?
    let errorText: String?
    let errorAt: String?

    /// The figures of its queues.
    var queueFigures: [String: QueueFigures] { QueueFigures.read(queues) }

    /// Reads all of them.
    static func all(_ tx: Transaction) async throws -> [ProcessHealth] { try await tx.query(Self.select, as: ProcessHealth.self) }

    private static let select: SQL = """
        select service, instance, version, greatest(floor(extract(epoch from now() - started_at)), 0)::bigint as uptime_seconds,
               greatest(floor(extract(epoch from now() - seen_at)), 0)::bigint as seen_seconds,
               seen_at < now() - make_interval(secs => 2.5 * interval_seconds) as is_silent, resident_bytes, oldest_work_seconds,
               coalesce((backlog -> 'queues')::text, '{}') as queues, last_error ->> 'kind' as error_kind, last_error ->> 'text' as error_text,
               last_error ->> 'at' as error_at
        from operations.heartbeats order by service, instance limit 1000
        """
}
