import Postgres
import Support
import Synchronization
import Testing

@testable import Platform

/// A channel with four places whose sends wait until the test lets them go.
private final class HeldChannel: DeliveryChannel, Sendable {
    struct State {
        var sending = 0
        var mostSending = 0
    }

    static let shared = HeldChannel()

    let kind = OutboundDelivery.Kind.mail
    let inFlight = 4
    let gate = AsyncLatch()
    let state = Mutex(State())

    func send(_ payload: [UInt8], key: String) async throws(DeliveryFailure) {
        state.withLock {
            $0.sending += 1
            $0.mostSending = max($0.mostSending, $0.sending)
        }
        await gate.wait()
        state.withLock { $0.sending -= 1 }
    }
}

private struct HeldMailing: TestParts {
    static func add(to service: inout ServiceBuilder) { service.add(channel: HeldChannel.shared) }
}

@Suite("What the delivery worker claims")
struct DeliveryClaimTests {
    @Test("A claim takes as many as there are places, also when it was planned while the table was empty")
    func plannedWhileEmpty() async throws {
        let channel = HeldChannel.shared
        try await TestEnvironment.open { environment in
            try await environment.database.execute("vacuum analyze tickets.deliveries")
            // A plan is kept from its first use on, and not only from its sixth.
            try await environment.database.execute(
                """
                do $$ begin execute format('alter database %I set plan_cache_mode = force_generic_plan', current_database()); end $$
                """)
            try await environment.with(TestService<HeldMailing>.self) { _ in
                try await environment.eventually(
                    """
                    select seq_scan + coalesce(idx_scan, 0) > 0 from pg_stat_user_tables
                    where schemaname = 'tickets' and relname = 'deliveries'
                    """, true)
                try await environment.database.execute(
                    """
                    insert into tickets.deliveries (kind, dedupe_key, payload, next_attempt_at)
                    select 'mail', n::text, '{}', '2026-01-01' from generate_series(1, 400) n
                    """)
                try await environment.eventually("none is sent") { channel.state.withLock { $0.sending } == 4 }
                #expect(try await environment.value("select count(*) from tickets.deliveries where attempts > 0", as: Int.self) == 4)
                channel.gate.open()
                try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent' and attempts = 1", 400)
                #expect(channel.state.withLock { $0.mostSending } == 4)
            }
        }
    }
}
