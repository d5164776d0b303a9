import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Payments

@Suite("Money goes back once")
struct RefundTests {
    /// A fixture with a paid booking 1.
    private func open(replicas: Int = 1, _ body: @Sendable (PaymentsFixture) async throws -> Void) async throws {
        try await PaymentsFixture.open(replicas: replicas) { fixture in
            try await fixture.add(1, .succeeded, age: 3600)
            try await fixture.gateway(1, .success)
            try await body(fixture)
        }
    }

    @Test("A granted refund is paid at the gateway and told; half of it, then nothing more than the rest")
    func granted() async throws {
        try await open { fixture in
            try await fixture.approve(1, 500)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 500 approved"])
            #expect(try await fixture.paidBack() == ["R-1 500 EUR"])
            #expect(try await fixture.stubs.refunds().map(\.idempotencyKey) == ["refund/1/1"])
            let books: SQL = "select refunded_amount = 500 and status = 'succeeded' from payments.payments"
            #expect(try await fixture.environment.value(books, as: Bool.self) == true)
            #expect(try await fixture.breaches().isEmpty)
        }
    }

    @Test(
        "Whatever the gateway does in between, the refund is paid once and told once",
        arguments: [
            #"{"status":500}"#, #"{"status":503,"retryAfter":120}"#, #"{"status":429}"#, #"{"status":408}"#, #"{"status":401}"#, #"{"status":409}"#,
            #"{"status":425}"#,
            #"{"cut":"before"}"#, #"{"cut":"headers"}"#, #"{"cut":"body"}"#, #"{"cut":"after-effect"}"#, #"{"hang":true}"#,
        ])
    func faults(action: String) async throws {
        try await open { fixture in
            try await fixture.stubs.order("faults", #"{"part":"gateway","times":2,"action":\#(action)}"#)
            try await fixture.approve(1, 1000)
            for attempt in 1...2 {
                try await fixture.hurry(after: attempt)
                #expect(try await fixture.environment.value("select refunded_amount from payments.payments", as: Int.self) == 0)
            }
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 1000 approved"])
            #expect(try await fixture.paidBack() == ["R-1 1000 EUR"])
            #expect(try await fixture.environment.value("select refunded_amount from payments.payments", as: Int.self) == 1000)
        }
    }

    @Test("It is asked for as often as it takes: no attempt is the last")
    func neverGivenUp() async throws {
        try await open { fixture in
            try await fixture.stubs.order("faults", #"{"part":"gateway","times":2,"action":{"status":500}}"#)
            try await fixture.approve(1, 1000)
            try await fixture.environment.eventually("select attempts from payments.deliveries where last_error is not null", 1)
            try await fixture.environment.database.execute("update payments.deliveries set attempts = 100")
            try await fixture.hurry(after: 100)
            try await fixture.hurry(after: 101)
            #expect(try await fixture.told(1).map(\.type) == ["payment.refunded"])
        }
    }

    @Test("A delivery worker that died before it could note the answer does no harm: asked again, the gateway says the same")
    func repeatedAnswer() async throws {
        try await open { fixture in
            try await fixture.approve(1, 400)
            #expect(try await fixture.told(1).count == 1)
            try await fixture.environment.database.execute(
                "update payments.deliveries set status = 'queued', next_attempt_at = $1", PaymentsFixture.noon)
            try await fixture.environment.eventually("select count(*) from payments.deliveries where status = 'sent' and attempts = 2", 1)
            #expect(try await fixture.told(0).isEmpty)
            #expect(try await fixture.paidBack() == ["R-1 400 EUR"])
            #expect(try await fixture.environment.value("select refunded_amount from payments.payments", as: Int.self) == 400)
        }
    }

    @Test("Refused, it is told as failed with the gateway's reason, and begun again by a new approval", arguments: [400, 422])
    func refused(status: Int) async throws {
        try await open { fixture in
            try await fixture.stubs.order("faults", #"{"part":"gateway","times":1,"action":{"status":\#(status)}}"#)
            try await fixture.approve(1, 1000)
            let failed = try await fixture.told(1)
            #expect(failed.map(\.type) == ["payment.refund-failed"])
            #expect(failed[0].reason?.contains("\(status)") == true)
            #expect(try await fixture.environment.value("select status from payments.refunds", as: String.self) == "failed")
            #expect(try await fixture.environment.value("select refunded_amount from payments.payments", as: Int.self) == 0)
            try await fixture.approve(1, 1000)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 1000 approved"])
            #expect(try await fixture.stubs.refunds().map(\.idempotencyKey) == ["refund/1/2"])
            #expect(try await fixture.environment.value("select refunded_amount from payments.payments", as: Int.self) == 1000)
        }
    }

    @Test("Refused, it is asked for again when a person says so; however often they do, it is paid once")
    func givenBack() async throws {
        try await open { fixture in
            try await fixture.stubs.order("faults", #"{"part":"gateway","times":1,"action":{"status":422}}"#)
            try await fixture.approve(1, 1000)
            #expect(try await fixture.told(1).map(\.type) == ["payment.refund-failed"])
            for _ in 1...3 { try await fixture.decide(.giveBack, 1) }
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 1000 approved"])
            try await fixture.settled()
            #expect(try await fixture.stubs.refunds().map(\.idempotencyKey) == ["refund/1/2"])
            #expect(try await fixture.statuses() == ["succeeded"])
            // Now there is nothing to give back any more.
            try await fixture.decide(.giveBack, 1)
            #expect(try await fixture.environment.parked("payments").reason.contains("nobody has to decide about payment R-1"))
        }
    }

    @Test("Refused, and less is left by now: a person's give-back pays no more than came in")
    func givenBackTooLate() async throws {
        try await open { fixture in
            try await fixture.stubs.order("faults", #"{"part":"gateway","times":1,"action":{"status":422}}"#)
            try await fixture.approve(1, 1000)
            #expect(try await fixture.told(1).map(\.type) == ["payment.refund-failed"])
            try await fixture.environment.database.execute("update payments.payments set refunded_amount = 400")
            try await fixture.decide(.giveBack, 1)
            #expect(try await fixture.environment.parked("payments").reason.contains("only 600 of payment R-1 are left"))
            #expect(try await fixture.paidBack().isEmpty)
        }
    }

    @Test("The reason of a refusal is the gateway's own")
    func reason() async throws {
        try await open { fixture in
            try await fixture.gateway(1, .pending)
            try await fixture.approve(1, 1000)
            let reason = try await fixture.told(1).first?.reason
            #expect(reason == "the gateway answered 400: The transaction is pending, so nothing was paid.")
        }
    }

    @Test("Approved again under other ids, before and after, by two replicas: paid once")
    func approvedAgain() async throws {
        try await PaymentsFixture.open(replicas: 2) { fixture in
            for id in 1...20 {
                try await fixture.add(id, .succeeded, age: 3600)
                try await fixture.gateway(id, .success)
            }
            for id in (Array(1...20) + Array(1...20)).shuffled() { try await fixture.approve(id, 1000) }
            #expect(try await fixture.told(20).filter { $0.type == "payment.refunded" }.count == 20)
            for id in 1...20 { try await fixture.approve(id, 1000) }
            try await fixture.environment.eventually("select count(*) from payments.inbox", 60)
            #expect(try await fixture.told(0).isEmpty)
            #expect(try await fixture.paidBack().count == 20)
            #expect(try await fixture.breaches().filter { $0.hasPrefix("no more goes back") }.isEmpty)
        }
    }

    @Test("Never above what is left, never for a payment that did not succeed: told as failed, and nobody is asked")
    func refusedHere() async throws {
        try await open { fixture in
            try await fixture.add(2, .failed, age: 3600)
            try await fixture.add(3, .processing, age: 60)
            try await fixture.approve(1, 1001)
            try await fixture.approve(2, 1000)
            try await fixture.approve(3, 1000)
            #expect(
                try await fixture.told(3).map(\.description) == [
                    "payment.refund-failed 1 1001: 1001 EUR were granted, but only 1000 of 1000 are left",
                    "payment.refund-failed 2 1000: no payment of the booking succeeded",
                    "payment.refund-failed 3 1000: no payment of the booking succeeded",
                ])
            #expect(try await fixture.stubs.received("gateway").isEmpty)
            #expect(try await fixture.environment.value("select count(*) from payments.refunds", as: Int.self) == 0)
        }
    }

    @Test("An approval for a booking without any payment is parked after the last attempt, and the others are worked")
    func withoutPayment() async throws {
        try await open { fixture in
            try await fixture.approve(77, 1000)
            try await fixture.approve(1, 1000)
            let parked = try await fixture.environment.hurrying("payments.events") { try await fixture.environment.parked("payments") }
            #expect(parked.reason == "booking 77 has no payment")
            #expect(parked.attempts == 5)
            #expect(try await fixture.told(1).map(\.payment) == [1])
        }
    }

    @Test("Late money whose refund the gateway refused is owed until an approval begins it again")
    func lateAgain() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .failed, age: 3600)
            try await fixture.gateway(1, .success)
            try await fixture.stubs.order("faults", #"{"part":"gateway","times":1,"action":{"status":422}}"#)
            try await fixture.report(1, .success)
            #expect(try await fixture.told(1).map(\.type) == ["payment.refund-failed"])
            try await fixture.report(1, .success)
            try await fixture.approve(1, 1000)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 1000 late"])
            #expect(try await fixture.paidBack() == ["R-1 1000 EUR"])
            #expect(try await fixture.breaches().isEmpty)
        }
    }
}
