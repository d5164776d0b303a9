import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Payments

@Suite("payments.cleanup-abandoned gives up what nobody hands over")
struct CleanupAbandonedTests {
    @Test("Pending for more than 15 minutes is abandoned and told; 15 minutes, and what the gateway has, is not")
    func abandoned() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, age: 901)
            try await fixture.add(2, age: 900)
            try await fixture.add(3, .processing, age: 901)
            let run = try await fixture.run(.paymentsCleanupAbandoned)
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 1)
            #expect(try await fixture.statuses() == ["abandoned", "pending", "processing"])
            #expect(
                try await fixture.environment.value("select abandoned_at from payments.payments where id = 1", as: Date.self) == PaymentsFixture.noon)
            #expect(try await fixture.told(1).map(\.description) == ["payment.abandoned 1 1000"])
        }
    }

    @Test("Run twice, it changes nothing the second time")
    func twice() async throws {
        try await PaymentsFixture.open { fixture in
            for id in 1...3 { try await fixture.add(id, age: 1000) }
            try await fixture.run(.paymentsCleanupAbandoned)
            #expect(try await fixture.told(3).count == 3)
            let before = try await fixture.state()
            #expect(try await fixture.run(.paymentsCleanupAbandoned).processed == 0)
            #expect(try await fixture.state() == before)
            #expect(try await fixture.told(0).isEmpty)
        }
    }

    @Test("A dry run says what it would do and changes nothing")
    func dryRun() async throws {
        try await PaymentsFixture.open { fixture in
            for id in 1...3 { try await fixture.add(id, age: 1000) }
            let before = try await fixture.state()
            let run = try await fixture.run(.paymentsCleanupAbandoned, dryRun: true)
            #expect(run.processed == 3)
            #expect(run.details.contains(#""payment.abandoned": 3"#))
            #expect(try await fixture.state() == before)
            #expect(try await fixture.told(0).isEmpty)
        }
    }

    @Test("A payment that no message can speak of is named, left alone, and does not stop the rest")
    func flawed() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, age: 1000, currency: "eur")
            try await fixture.add(2, age: 1000)
            try await fixture.add(3, age: 1000, user: 0)
            let run = try await fixture.run(.paymentsCleanupAbandoned)
            #expect(run.outcome == .partial)
            #expect(run.failed == 2)
            #expect(run.details.contains("payment 1") && run.details.contains("its currency is no ISO 4217 code"))
            #expect(run.details.contains("payment 3") && run.details.contains("it has no user"))
            #expect(try await fixture.statuses() == ["pending", "abandoned", "pending"])
            #expect(try await fixture.told(1).map(\.payment) == [2])
        }
    }

    @Test("More than a slice holds is worked in slices, each payment once, by two replicas too")
    func slices() async throws {
        try await PaymentsFixture.open(replicas: 2) { fixture in
            let many = 2 * CleanupAbandoned.sliceLimit + 1
            try await fixture.environment.database.execute(
                """
                insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, created_at)
                select n, 7, 1000, 'EUR', 'paystack', 'R-' || n, $2 from generate_series(1, $1::int) n
                """, many, PaymentsFixture.noon - 1000)
            #expect(try await fixture.run(.paymentsCleanupAbandoned).processed == many)
            #expect(try await fixture.environment.value("select count(*) from payments.payments where status = 'abandoned'", as: Int.self) == many)
            #expect(Set(try await fixture.told(many).map(\.payment)).count == many)
        }
    }
}
