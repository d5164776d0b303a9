import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Synchronization
import Testing

extension FaultTests {
    @Suite("Fuzzed messages: whatever a stranger publishes, no service ends, and every message is processed or parked")
    struct FuzzedMessagesProof {
        private static let services = ["tickets-cache", "loyalty-notifier", "payments", "bookings", "events"]

        /// How many messages are published at once.
        private static let portion = 50

        @Test("On every queue of every service", .timeLimit(.minutes(45)))
        func everyQueue() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                var processes: [ServiceProcess] = []
                for service in Self.services { processes.append(try await fixture.startReady(service, ["LOG_LEVEL": "critical"])) }
                let began = ContinuousClock.now
                var sent: [String: Int] = [:]
                var fuzzer = MessageFuzzer(Proof.random("FuzzedMessages"))
                let total = Proof.size(1000, whole: 100_000)
                var remaining = total
                while remaining > 0 {
                    // Each service in its turn, and of seven turns one for its ticks.
                    let round = (total - remaining) / Self.portion
                    let service = Self.services[round % Self.services.count]
                    let queue = round / Self.services.count % 7 == 0 ? "\(service).ticks" : "\(service).events"
                    let batch = (0..<min(remaining, Self.portion)).map { _ in fuzzer.message(for: queue) }
                    sent[queue, default: 0] += try await Self.publish(batch, environment)
                    remaining -= batch.count
                    for process in processes { #expect(process.hasEnded == nil, "\(process.output.suffix(2000))") }
                }
                // Among them one that is as it should be, to see that all go on.
                try await environment.publish(RideCompleted(userId: 1, rideId: "as-it-should-be", completedAt: environment.clock.now))
                try await environment.eventually("select count(*) from loyalty.rides where ride_id = 'as-it-should-be'", 1)
                try await Self.drain(environment)
                for process in processes { #expect(process.hasEnded == nil, "\(process.output.suffix(2000))") }
                try await Self.account(for: sent, processes, fixture, since: began)
            }
        }

        /// Publishes messages; those that the client cannot encode count for nothing.
        private static func publish(_ batch: [AMQPMessage], _ environment: TestEnvironment) async throws -> Int {
            do {
                #expect(try await environment.broker.publish(batch).allSatisfy { $0 == .confirmed })
                return batch.count
            } catch AMQPError.unencodable {
                guard batch.count > 1 else { return 0 }
                var sent = 0
                for message in batch { sent += try await publish([message], environment) }
                return sent
            }
        }

        private static var queues: [String] { services.flatMap { ["\($0).events", "\($0).ticks"] } }

        /// Waits until nothing is left in the work queues and delay queues. Only the whole proof has the time to wait for the longest delay.
        private static func drain(_ environment: TestEnvironment) async throws {
            let isEmpty = {
                for queue in queues {
                    for name in [queue] + (1...ServiceTopology.delays.count).map({ ServiceTopology.delay(queue, after: $0) }) {
                        guard try await environment.length(of: name) == 0 else { return false }
                    }
                }
                return true
            }
            let deadline = ContinuousClock.now + .seconds(Proof.isWhole ? 1800 : 300)
            try await withThrowingDiscardingTaskGroup { group in
                if !Proof.isWhole {
                    // They end with the group, by a cancellation that is no failure.
                    for queue in queues { group.addTask { try? await environment.hurrying(queue) { try await Task.sleep(for: .seconds(600)) } } }
                }
                // What is being worked is in no queue's count: nothing may be left for a while.
                var quiet = 0
                while quiet < 5, ContinuousClock.now < deadline {
                    quiet = try await isEmpty() ? quiet + 1 : 0
                    try await Task.sleep(for: .milliseconds(200))
                }
                group.cancelAll()
            }
            #expect(try await isEmpty())
        }

        /// Every message of a queue of events was worked, known already, split or parked.
        private static func account(
            for sent: [String: Int], _ processes: [ServiceProcess], _ fixture: FaultFixture, since began: ContinuousClock.Instant
        ) async throws {
            let environment = fixture.environment
            var parkedInAll = 0
            for (service, process) in zip(services, processes) {
                let published = (sent["\(service).events"] ?? 0) + (service == "loyalty-notifier" ? 1 : 0)
                var ended = 0
                // A batch in hand is in no queue's length. What one service publishes for another comes on top.
                let isComplete = try await environment.holds {
                    let metrics = try await fixture.metrics(process)
                    ended = ["processed", "repeated", "parked"].reduce(0) { $0 + count($1, of: service, in: metrics) }
                    return ended >= published
                }
                #expect(isComplete, "\(service): \(ended) of \(published)")
                parkedInAll += try await environment.length(of: "\(service).parked") ?? 0
            }
            #expect(sent.count == queues.count)
            let total = sent.values.reduce(0, +)
            let took = (ContinuousClock.now - began).components.seconds
            Proof.report(
                "FuzzedMessages", "\(total) messages on \(sent.count) queues in \(took) s: no process ended, none lost, \(parkedInAll) parked")
        }

        private static func count(_ outcome: String, of service: String, in metrics: String) -> Int {
            let name = "boxoffice_messages_total{queue=\"\(service).events\",outcome=\"\(outcome)\"}"
            let line = metrics.split(separator: "\n").first { $0.hasPrefix(name) }
            return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
        }
    }
}
