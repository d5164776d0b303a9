import AMQP
import Contracts
import FoundationEssentials
import Glibc
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Runs of services that are killed again and again")
    struct RunsProof {
        /// Seconds.
        private static let lease = 2
        /// No slice takes longer; a minute is what the broker and the replicas are promised.
        private static let longestSlice = Duration.seconds(60)

        @Test("Each job, triggered with and without an id, its process killed at random moments: every run ends within its lease plus a slice")
        func everyRunEnds() async throws {
            let services = try Self.services()
            // Each locks tables of its service by one connection and makes rows, which wait for locks of others, by another; a third is free.
            try await FaultFixture.open(connections: 3 * services.count) { fixture in
                let day = BusyDay(fixture: fixture)
                try await day.begin()
                let tallies = try await withThrowingTaskGroup(of: RunKills.Tally.self) { group in
                    for (service, jobs) in services {
                        let kills = RunKills(fixture: fixture, day: day, service: service, jobs: jobs, lease: Self.lease)
                        group.addTask { try await kills.run(rounds: Proof.size(1, whole: 20)) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let total = tallies.reduce(RunKills.Tally(), +)
                let environment = fixture.environment
                #expect(try await environment.value("select count(*) from operations.job_runs where outcome = 'running'", as: Int.self) == 0)
                let failed = try await environment.database.query(
                    "select job || ': ' || details from operations.job_runs where outcome in ('failed', 'partial')", as: String.self)
                #expect(failed == [])
                for (service, _) in services { #expect(try await environment.broker.inspect(queue: "\(service).parked")?.messages ?? 0 == 0) }
                #expect(total.longest < .seconds(Self.lease) + Self.longestSlice)
                let runs =
                    try await environment.value(
                        "select count(*) from operations.job_runs where outcome not in ('skipped', 'superseded')", as: Int.self) ?? 0
                Proof.report(
                    "runs",
                    """
                    \(services.reduce(0) { $0 + $1.jobs.count }) jobs, \(total.kills) processes ended (\(total.terminations) by SIGTERM), \
                    \(runs) runs, \(total.caught) caught in the middle, \(total.queuesEmptied) times with their messages lost; all ended, \
                    the last one \(total.longest.formatted) after its service was back, with a lease of \(Self.lease) s
                    """)
            }
        }

        /// Every service that is deployed, and all of its jobs.
        private static func services() throws -> [(service: String, jobs: [JobName])] {
            let jobs = Dictionary(grouping: JobName.all, by: \.service)
            let services = try Executables.services().compactMap { name in jobs[name].map { (service: name, jobs: $0) } }
            #expect(services.count >= 5)
            return services
        }
    }
}

extension Duration {
    fileprivate var formatted: String { "\(components.seconds).\(components.attoseconds / 100_000_000_000_000_000) s" }
}
