import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Payments

@Suite("A refund is paid when the gateway says so about this transaction, amount and currency")
struct RefundAnswerTests {
    /// A fixture with a paid booking 1, and the first answer to a refund ordered.
    private func open(_ action: String? = nil, _ body: @Sendable (PaymentsFixture) async throws -> Void) async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .succeeded, age: 3600)
            try await fixture.gateway(1, .success)
            if let action { try await fixture.strike(action) }
            try await body(fixture)
        }
    }

    @Test(
        "No status is a payment by itself: what says nothing about this refund is asked again under the same key",
        arguments: [
            #"{"status":200}"#, #"{"status":202}"#, #"{"status":204,"body":""}"#, #"{"status":200,"body":"<html>We will be back soon</html>"}"#,
            #"{"status":200,"body":{"status":true}}"#, #"{"status":200,"body":[]}"#, #"{"status":404,"body":"<html>Not found</html>"}"#,
            #"{"status":200,"body":{"status":true,"data":{"transaction":"R-1","amount":999,"currency":"EUR","status":"processed"}}}"#,
            #"{"status":200,"body":{"status":true,"data":{"transaction":"R-1","amount":1000,"currency":"USD","status":"processed"}}}"#,
            #"{"status":200,"body":{"status":true,"data":{"transaction":"R-2","amount":1000,"currency":"EUR","status":"processed"}}}"#,
            #"{"status":200,"body":{"status":true,"data":{"transaction":"R-1","amount":1000,"currency":"EUR","status":"queued"}}}"#,
            #"{"status":200,"body":{"status":false,"data":{"transaction":"R-1","amount":1000,"currency":"EUR","status":"processed"}}}"#,
        ])
    func notPaid(action: String) async throws {
        try await open(action) { fixture in
            try await fixture.approve(1, 1000)
            try await fixture.failed(1)
            #expect(try await fixture.environment.value("select status from payments.refunds", as: String.self) == "pending")
            #expect(try await fixture.environment.value("select refunded_amount from payments.payments", as: Int.self) == 0)
            #expect(try await fixture.told(0).isEmpty)
            fixture.environment.clock.advance(3600)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 1000 approved"])
            #expect(try await fixture.stubs.refunds().map(\.idempotencyKey) == ["refund/1/1"])
        }
    }

    @Test("An answer in another letter case is an answer, whatever its status in the 200s")
    func letterCase() async throws {
        let answer = #"{"status":true,"data":{"transaction":"R-1","amount":1000,"currency":"eur","status":"processed"}}"#
        try await open(#"{"status":201,"body":\#(answer)}"#) { fixture in
            try await fixture.approve(1, 1000)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 1000 approved"])
        }
    }

    @Test("A refund whose key does not say which one it is bounces, and the gateway is not asked")
    func nameless() async throws {
        try await open { fixture in
            try await fixture.environment.database.execute(
                """
                insert into payments.deliveries (kind, dedupe_key, payload, next_attempt_at)
                select 'refund', 'refund/one/1', '{"transaction": "R-1", "amount": 1000, "currency": "EUR", "refundedBefore": 0}', $1
                """, PaymentsFixture.noon)
            try await fixture.environment.eventually(
                "select count(*) from payments.deliveries where status = 'bounced' and last_error like 'the key%'", 1)
            #expect(try await fixture.stubs.refunds().isEmpty)
        }
    }

    @Test("An accepted refund is looked at until the money is back, and asked for once")
    func accepted() async throws {
        try await open { fixture in
            try await fixture.orderRefunds(of: 1, "pending")
            try await fixture.approve(1, 1000)
            try await fixture.failed(1)
            #expect(try await fixture.environment.value("select status from payments.refunds", as: String.self) == "pending")
            #expect(try await fixture.paidBack().isEmpty)
            fixture.environment.clock.advance(3600)
            try await fixture.failed(2)
            try await fixture.orderRefunds(of: 1, "processed")
            fixture.environment.clock.advance(3600)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 1000 approved"])
            #expect(try await fixture.stubs.received("gateway").filter { $0.method == "POST" }.count == 1)
        }
    }

    @Test("An accepted refund that then fails is told as failed")
    func acceptedThenFailed() async throws {
        try await open { fixture in
            try await fixture.orderRefunds(of: 1, "pending")
            try await fixture.approve(1, 1000)
            try await fixture.failed(1)
            try await fixture.orderRefunds(of: 1, "failed")
            fixture.environment.clock.advance(3600)
            let told = try await fixture.told(1)
            #expect(told.map(\.description) == ["payment.refund-failed 1 1000: the gateway accepted the refund, and then it failed"])
        }
    }

    @Test("A lost answer, then a refusal: the money is back, and that is what is told")
    func lostThenRefused() async throws {
        try await open(#"{"cut":"after-effect"}"#) { fixture in
            try await fixture.strike(#"{"status":400}"#)
            try await fixture.approve(1, 1000)
            try await fixture.hurry(after: 1)
            try await fixture.hurry(after: 2)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 1000 approved"])
            #expect(try await fixture.paidBack() == ["R-1 1000 EUR"])
            #expect(try await fixture.breaches().filter { !$0.hasPrefix("who has paid") }.isEmpty)
        }
    }

    @Test("Money that somebody sent back by hand is back: the refusal of more is not told as a failure")
    func byHand() async throws {
        try await open { fixture in
            try await fixture.stubs.payBack("R-1", 1000, key: "by-hand")
            try await fixture.approve(1, 1000)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 1000 approved"])
            #expect(try await fixture.stubs.refunds().map(\.idempotencyKey) == ["by-hand"])
        }
    }

    @Test("Begun again under a new key, it is not paid twice when the first round had paid after all")
    func secondRound() async throws {
        // Half of it, so that the gateway would pay another half.
        try await open(#"{"cut":"after-effect"}"#) { fixture in
            for answer in [
                #"{"status":200,"body":{"status":true,"data":[]}}"#, #"{"status":422}"#, #"{"status":200,"body":{"status":true,"data":[]}}"#,
            ] {
                try await fixture.strike(answer)
            }
            try await fixture.approve(1, 500)
            try await fixture.hurry(after: 1)
            #expect(try await fixture.told(1).map(\.type) == ["payment.refund-failed"])
            try await fixture.approve(1, 500)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 500 approved"])
            #expect(try await fixture.stubs.refunds().map(\.idempotencyKey) == ["refund/1/1"])
            #expect(try await fixture.environment.value("select refunded_amount from payments.payments", as: Int.self) == 500)
        }
    }

    @Test("While the gateway does not say how the transaction stands, a refusal is not believed")
    func silentList() async throws {
        try await open(#"{"status":400}"#) { fixture in
            try await fixture.strike(#"{"status":503,"retryAfter":1}"#)
            try await fixture.approve(1, 1000)
            try await fixture.failed(1)
            #expect(try await fixture.told(0).isEmpty)
            fixture.environment.clock.advance(3600)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 1000 approved"])
        }
    }
}
