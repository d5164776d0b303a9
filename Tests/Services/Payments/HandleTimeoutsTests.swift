import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Payments

@Suite("payments.handle-timeouts asks the gateway about what it holds")
struct HandleTimeoutsTests {
    @Test("Held for more than 10 minutes, a payment becomes what the gateway says; at 10 minutes nobody asks")
    func tenMinutes() async throws {
        try await PaymentsFixture.open { fixture in
            for id in 1...5 { try await fixture.add(id, .processing, age: 601) }
            try await fixture.add(6, .processing, age: 600)
            try await fixture.add(7, age: 601)
            let paidAt = PaymentsFixture.noon - 300
            try await fixture.gateway(1, .success, paidAt: paidAt)
            try await fixture.gateway(2, .failed)
            try await fixture.gateway(3, .abandoned)
            try await fixture.gateway(4, .pending)
            let run = try await fixture.run(.paymentsHandleTimeouts)
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 5)
            #expect(try await fixture.statuses() == ["succeeded", "failed", "failed", "processing", "processing", "processing", "pending"])
            #expect(try await fixture.environment.value("select paid_at from payments.payments where id = 1", as: Date.self) == paidAt)
            #expect(
                try await fixture.told(3).map(\.description) == [
                    "payment.succeeded 1 1000", "payment.failed 2 1000: declined by the gateway", "payment.failed 3 1000: abandoned at the gateway",
                ])
            #expect(try await fixture.asked().sorted() == ["R-1", "R-2", "R-3", "R-4", "R-5"])
        }
    }

    @Test(
        "Still undecided after 30 minutes, a payment fails with a time-out when the gateway says pending or does not know; while it is silent nothing is given up"
    )
    func thirtyMinutes() async throws {
        try await PaymentsFixture.open { fixture in
            for id in 1...3 { try await fixture.add(id, .processing, age: 1801) }
            for id in 4...6 { try await fixture.add(id, .processing, age: 1800) }
            try await fixture.gateway(1, .pending)
            try await fixture.gateway(4, .pending)
            for id in [3, 6] {
                try await fixture.stubs.order("faults", #"{"part":"gateway","match":{"reference":"R-\#(id)"},"action":{"status":500}}"#)
            }
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.statuses() == ["failed", "failed", "processing", "processing", "processing", "processing"])
            #expect(try await fixture.told(2).map(\.reason) == ["gateway timeout", "gateway timeout"])
            fixture.environment.clock.advance(300)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.statuses() == ["failed", "failed", "processing", "failed", "failed", "processing"])
            #expect(try await fixture.told(2).map(\.payment) == [4, 5])
            try await fixture.stubs.letGo()
            fixture.environment.clock.advance(1800)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(Set(try await fixture.statuses()) == ["failed"])
            #expect(try await fixture.told(2).map(\.payment) == [3, 6])
        }
    }

    @Test("A row that cannot be worked is named in the run and stays as it is; the rest is done")
    func badRows() async throws {
        try await PaymentsFixture.open { fixture in
            for id in 1...7 { try await fixture.add(id, .processing, age: 700, currency: id == 3 ? "eur" : "EUR") }
            try await fixture.gateway(1, .success, amount: 900)
            try await fixture.gateway(2, .success, currency: "XXX")
            try await fixture.gateway(3, .success)
            try await fixture.gateway(4, .success)
            try await fixture.stubs.order("faults", #"{"part":"gateway","match":{"reference":"R-4"},"action":{"status":500}}"#)
            try await fixture.stubs.order("faults", #"{"part":"gateway","match":{"reference":"R-5"},"action":{"cut":"before"}}"#)
            try await fixture.gateway(6, .success, currency: "??")
            try await fixture.gateway(7, .success)
            let run = try await fixture.run(.paymentsHandleTimeouts)
            #expect(run.outcome == .partial)
            #expect(run.processed == 1)
            #expect(run.failed == 6)
            #expect(run.details.contains("the gateway says 900 EUR, but it is 1000 EUR"))
            #expect(run.details.contains("the gateway says 1000 XXX, but it is 1000 EUR"))
            #expect(run.details.contains("its currency is no ISO 4217 code"))
            #expect(run.details.contains("the gateway answered 500"))
            #expect(run.details.contains("three capital letters"))
            for id in 1...6 { #expect(run.details.contains("payment \(id)")) }
            #expect(try await fixture.statuses() == Array(repeating: "processing", count: 6) + ["succeeded"])
            #expect(try await fixture.told(1).map(\.payment) == [7])
        }
    }

    @Test("Run twice, it changes nothing the second time and tells nobody again")
    func twice() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 700)
            try await fixture.add(2, .processing, age: 700)
            try await fixture.add(3, .processing, age: 1900)
            try await fixture.gateway(1, .success)
            try await fixture.gateway(2, .failed)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.told(3).count == 3)
            let before = try await fixture.state()
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.state() == before)
            #expect(try await fixture.told(0).isEmpty)
            #expect(try await fixture.asked().count == 3)
        }
    }

    @Test("A dry run says whom it would ask about, changes nothing and asks nobody")
    func dryRun() async throws {
        try await PaymentsFixture.open { fixture in
            for id in 1...3 { try await fixture.add(id, .processing, age: 700) }
            let before = try await fixture.state()
            #expect(try await fixture.run(.paymentsHandleTimeouts, dryRun: true).processed == 3)
            #expect(try await fixture.state() == before)
            #expect(try await fixture.asked().isEmpty)
        }
    }

    @Test("Money that the gateway took after the time-out goes back in full, once, when asking finds it")
    func lateByPoll() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 1801)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.told(1).map(\.description) == ["payment.failed 1 1000: gateway timeout"])
            try await fixture.gateway(1, .success, paidAt: PaymentsFixture.noon - 60)
            fixture.environment.clock.advance(300)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 1000 late"])
            #expect(try await fixture.paidBack() == ["R-1 1000 EUR"])
            #expect(try await fixture.statuses() == ["failed"])
            let books: SQL = "select paid_at = $1 and refunded_amount = amount from payments.payments"
            #expect(try await fixture.environment.value(books, as: Bool.self, PaymentsFixture.noon - 60) == true)
            #expect(try await fixture.environment.value("select cause from payments.refunds", as: String.self) == "late")
            fixture.environment.clock.advance(24 * 3600)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.asked().count == 2)
            #expect(try await fixture.breaches().isEmpty)
        }
    }

    @Test("After a time-out the gateway is asked for seven days, then never again")
    func sevenDays() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 1801)
            for _ in 1...5 {
                try await fixture.run(.paymentsHandleTimeouts)
                fixture.environment.clock.advance(24 * 3600)
            }
            #expect(try await fixture.asked().count == 5)
            fixture.environment.clock.advance(3 * 24 * 3600)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.asked().count == 6)
            fixture.environment.clock.advance(24 * 3600)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.asked().count == 6)
            #expect(try await fixture.told(1).count == 1)
        }
    }

    @Test("A gateway that hangs is left alone after its time-out, and the payment waits")
    func hangs() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 700)
            try await fixture.add(2, .processing, age: 700)
            try await fixture.gateway(2, .success)
            try await fixture.stubs.order("faults", #"{"part":"gateway","match":{"reference":"R-1"},"action":{"hang":true}}"#)
            let run = try await fixture.run(.paymentsHandleTimeouts)
            #expect(run.outcome == .partial)
            #expect(run.details.contains("payment 1") && run.details.contains("timed out"))
            #expect(try await fixture.statuses() == ["processing", "succeeded"])
        }
    }

    @Test("Two replicas ask about each payment once, and never more at once than they are allowed")
    func replicas() async throws {
        try await PaymentsFixture.open(replicas: 2, settings: ["PAYMENT_GATEWAY_IN_FLIGHT": "4"]) { fixture in
            for id in 1...40 {
                try await fixture.add(id, .processing, age: 700)
                try await fixture.gateway(id, id % 2 == 0 ? .success : .failed)
            }
            try await fixture.stubs.order("latency", #"{"part":"gateway","ms":20}"#)
            let ticks = [
                try await fixture.environment.tick(.paymentsHandleTimeouts, trigger: .manual),
                try await fixture.environment.tick(.paymentsHandleTimeouts, trigger: .manual),
            ]
            for tick in ticks { _ = try await fixture.environment.ended(tick) }
            #expect(try await fixture.told(40).filter { $0.type == "payment.succeeded" }.count == 20)
            let asked = try await fixture.asked()
            #expect(asked.count == 40 && Set(asked).count == 40)
            #expect(try await fixture.stubs.maximumInFlight("gateway") <= 4)
        }
    }

    @Test("What a replica that died was asking about is asked again when its lease is over")
    func lease() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 700)
            try await fixture.gateway(1, .success)
            try await fixture.environment.database.execute("update payments.payments set ask_at = $1", PaymentsFixture.noon + 30)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.asked().isEmpty)
            fixture.environment.clock.advance(30)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.statuses() == ["succeeded"])
        }
    }

    @Test("A reference is one segment of the address, whatever is in it")
    func references() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 700)
            try await fixture.environment.database.execute("update payments.payments set reference = 'a/b c?d=ü'")
            try await fixture.stubs.transactions([.init("a/b c?d=ü", "success", amount: 1000, currency: "EUR")])
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.statuses() == ["succeeded"])
        }
    }
}
