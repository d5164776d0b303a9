import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Runs of processes that died")
    struct RunFaults {
        @Test("A tick without an id whose process is killed while the gateway hangs: its redelivery ends the run, and the job is not blocked")
        func withoutID() async throws {
            try await Scene.open { scene in
                let house = scene.house
                let order = try await house.shop.orders(
                    1, of: try await house.shop.event(startsAt: house.clock.now + 86_400 * 30), at: house.clock.now - 1300,
                    submitted: house.clock.now - 1200)[0]
                try await scene.outside.transactions([.init(order.reference, "success", amount: 1998, currency: "EUR")])
                try await scene.outside.hold("gateway")
                let payments = try await scene.startReady("payments")
                try await house.publish(raw: "{}", to: Exchange.ticks, "payments.handle-timeouts")
                try await house.eventually("the gateway is asked") { try await !scene.outside.received("gateway").isEmpty }
                try await payments.kill()
                try await scene.outside.letGo()
                // The payment is held by the dead process for its own lease.
                try await house.database.execute("update payments.payments set ask_at = now()")
                _ = try scene.start("payments")
                try await house.eventually("select string_agg(outcome, ' ') from operations.job_runs", "succeeded")
                try await house.eventually("select status from payments.payments", "succeeded")
                #expect(try await house.ended(try await house.tick(.paymentsHandleTimeouts)).outcome == "succeeded")
            }
        }

        @Test("A run whose message is lost with its process is ended by the ledger, though nothing triggers the job again")
        func messageLost() async throws {
            try await Scene.open { scene in
                let house = scene.house
                try await scene.wantRefreshes(3)
                try await scene.outside.hold("bytemark")
                let first = try await scene.startReady("tickets-cache", ["RUN_LEASE": "2"])
                let tick = try await house.tick(.ticketsCacheRefresh)
                try await house.eventually("Bytemark is asked") { try await !scene.outside.received("bytemark").isEmpty }
                // As long as it lives it keeps its lease, however long it waits.
                let touched = try #require(try await house.value("select touched_at from operations.job_runs", as: Date.self))
                try await house.eventually("select touched_at > $1 + interval '5 seconds' from operations.job_runs", true, [touched])
                #expect(!first.output.contains("stood still"))
                try await first.kill()
                try await house.eventually("the tick is back in its queue") { try await !house.take("tickets-cache.ticks").isEmpty }
                try await scene.outside.letGo()
                try await house.database.execute("update tickets.refresh_state set next_attempt_at = now() where leased_by is not null")
                let second = try scene.start("tickets-cache", ["RUN_LEASE": "2"])
                #expect(try await house.ended(tick).outcome == "succeeded")
                #expect(try await house.value("select count(*) from tickets.cache", as: Int.self) == 3)
                #expect(second.output.contains("stood still"))
            }
        }
    }
}
