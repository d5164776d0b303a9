import AMQP
import Migrations
import Platform

/// Messages that could not be processed, by service and reason.
struct ParkedCheck: Sendable {
    private static let subject = "parked messages"
    /// Messages beyond these are only counted: reading a parked message makes a copy of it.
    private static let mostRead = 1000
    private static let reasons = 3

    func results(_ broker: AMQPConnection) async -> [CheckResult] {
        do {
            var results: [CheckResult] = []
            for service in Domain.all.map(\.service) {
                guard let status = try await broker.inspect(queue: QueueName.parked(of: service)), status.messages > 0 else { continue }
                results.append(try await result(service, status.messages, broker))
            }
            return results.isEmpty ? [.ok(Self.subject, "none")] : results
        } catch {
            return [.fail(Self.subject, "\(error)")]
        }
    }

    private func result(_ service: String, _ count: Int, _ broker: AMQPConnection) async throws -> CheckResult {
        let advice = "Mend the cause, then boxoffice parked replay --all --service \(service), or drop them; boxoffice parked list shows all"
        guard count <= Self.mostRead else { return .fail("parked of \(service)", "\(count) messages. \(advice)") }
        let messages = try await Parking.look(broker, service: service)
        let counts = Dictionary(messages.map { ($0.reason, 1) }, uniquingKeysWith: +).sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let named = counts.prefix(Self.reasons).map { "\($0.value) × \($0.key.isEmpty ? "no reason" : String($0.key.prefix(200)))" }
        let more = counts.count > Self.reasons ? "; \(counts.count - Self.reasons) more reasons" : ""
        return .fail("parked of \(service)", "\(messages.count) messages: \(named.joined(separator: "; "))\(more). \(advice)")
    }
}
