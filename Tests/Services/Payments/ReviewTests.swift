import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Payments

@Suite("What only a person can say of a payment waits for a person")
struct ReviewTests {
    private static let review: SQL = "select review_reason from payments.payments where id = 1"

    /// A payment of 1000 EUR that the gateway has held for 40 minutes.
    private func open(_ body: @Sendable (PaymentsFixture) async throws -> Void) async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 2400)
            try await body(fixture)
        }
    }

    @Test("The letter case of a currency does not matter")
    func letterCase() async throws {
        try await open { fixture in
            try await fixture.gateway(1, .success, currency: "eur")
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.told(1).map(\.description) == ["payment.succeeded 1 1000"])
        }
    }

    @Test("A word that is not in the gateway's contract leaves the payment open, is told once, and ends when the gateway says more")
    func unknownWord() async throws {
        try await open { fixture in
            try await fixture.gateway(1, word: "reversed")
            let first = try await fixture.run(.paymentsHandleTimeouts)
            #expect(first.outcome == .partial && first.details.contains("the gateway says \\\"reversed\\\""))
            for _ in 1...3 {
                fixture.environment.clock.advance(12 * 3600)
                #expect(try await fixture.run(.paymentsHandleTimeouts).outcome == .succeeded)
            }
            #expect(try await fixture.asked().count == 4)
            #expect(try await fixture.statuses() == ["processing"])
            #expect(
                try await fixture.breaches().count { $0.contains("payment R-1") && $0.contains("boxoffice payment accept or give-back R-1") } == 1)
            try await fixture.gateway(1, .success)
            fixture.environment.clock.advance(3600)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.told(1).map(\.description) == ["payment.succeeded 1 1000"])
            #expect(try await fixture.environment.value(Self.review, as: String?.self) == .some(nil))
        }
    }

    @Test(
        "Whatever is no answer moves nothing",
        arguments: [
            #"{"status":503,"retryAfter":60}"#, #"{"status":200,"body":"<html>We will be back soon</html>"}"#, #"{"status":404,"body":"<html>"}"#,
            #"{"status":200,"body":{"status":true,"data":{"reference":"R-1","status":"success"}}}"#, #"{"status":401}"#, #"{"cut":"before"}"#,
            #"{"status":200,"body":{"status":false,"data":{"reference":"R-1","status":"failed","amount":1000,"currency":"EUR"}}}"#,
        ])
    func noAnswer(action: String) async throws {
        try await open { fixture in
            try await fixture.stubs.order("faults", #"{"part":"gateway","times":1,"action":\#(action)}"#)
            #expect(try await fixture.run(.paymentsHandleTimeouts).outcome == .partial)
            #expect(try await fixture.statuses() == ["processing"])
            #expect(try await fixture.told(0).isEmpty)
            try await fixture.gateway(1, .success)
            fixture.environment.clock.advance(60)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.told(1).map(\.description) == ["payment.succeeded 1 1000"])
        }
    }

    @Test("A day of silence is for a person; the gateway is asked all the same, and its answer ends it")
    func silence() async throws {
        try await open { fixture in
            try await fixture.stubs.order("faults", #"{"part":"gateway","action":{"status":503}}"#)
            try await fixture.run(.paymentsHandleTimeouts)
            fixture.environment.clock.advance(23 * 3600)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.environment.value(Self.review, as: String?.self) == .some(nil))
            fixture.environment.clock.advance(3600)
            try await fixture.run(.paymentsHandleTimeouts)
            let reason = "the gateway does not answer for it: the gateway answered 503"
            #expect(try await fixture.environment.value(Self.review, as: String?.self) == reason)
            #expect(try await fixture.statuses() == ["processing"])
            try await fixture.stubs.letGo()
            fixture.environment.clock.advance(3600)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.told(1).map(\.reason) == ["gateway timeout"])
            let quiet: SQL = "select silent_since is null and review_since is null from payments.payments"
            #expect(try await fixture.environment.value(quiet, as: Bool.self) == true)
        }
    }

    @Test("Another amount, accepted: the payment is of what was taken, and a refund goes by that")
    func accepted() async throws {
        try await open { fixture in
            try await fixture.gateway(1, .success, amount: 900, paidAt: PaymentsFixture.noon - 2000)
            try await fixture.addBooking(1, costs: 1000)
            try await fixture.run(.paymentsHandleTimeouts)
            try await fixture.decide(.accept, 1)
            #expect(try await fixture.told(1).map(\.description) == ["payment.succeeded 1 900"])
            #expect(try await fixture.environment.value("select paid_at from payments.payments", as: Date.self) == PaymentsFixture.noon - 2000)
            try await fixture.approve(1, 900)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 900 approved"])
            #expect(try await fixture.paidBack() == ["R-1 900 EUR"])
            try await fixture.decide(.accept, 1)
            try await fixture.settled()
            #expect(try await fixture.told(0).isEmpty)
        }
    }

    @Test("Another currency, given back: all of what was taken goes back, and the payment has failed")
    func givenBack() async throws {
        try await open { fixture in
            try await fixture.gateway(1, .success, amount: 1100, currency: "USD")
            try await fixture.run(.paymentsHandleTimeouts)
            try await fixture.decide(.giveBack, 1)
            #expect(
                try await fixture.told(2).map(\.description) == ["payment.failed 1 1100: given back", "payment.refunded 1 1100 late"])
            #expect(try await fixture.paidBack() == ["R-1 1100 USD"])
            try await fixture.decide(.giveBack, 1)
            try await fixture.settled()
            fixture.environment.clock.advance(24 * 3600)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.told(0).isEmpty)
            #expect(try await fixture.asked().count == 1)
            #expect(try await fixture.breaches().isEmpty)
        }
    }

    @Test("Given back before the gateway says that it took anything: it has failed, and what is taken later goes back, whatever it is")
    func givenBackEarly() async throws {
        try await open { fixture in
            try await fixture.gateway(1, word: "queued")
            try await fixture.run(.paymentsHandleTimeouts)
            try await fixture.decide(.giveBack, 1)
            #expect(try await fixture.told(1).map(\.description) == ["payment.failed 1 1000: given back"])
            try await fixture.gateway(1, .success, amount: 900)
            fixture.environment.clock.advance(3600)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 900 late"])
            #expect(try await fixture.paidBack() == ["R-1 900 EUR"])
            #expect(try await fixture.breaches().isEmpty)
        }
    }

    @Test("A decision about a payment that waits for none, and one about a payment that does not exist, are parked with the reason")
    func nothingToDecide() async throws {
        try await open { fixture in
            try await fixture.decide(.accept, 1)
            #expect(try await fixture.environment.parked("payments").reason == "nobody has to decide about payment R-1: it is processing")
            #expect(try await fixture.statuses() == ["processing"])
        }
    }

    @Test("Money that does not fit its booking confirms nothing: audit names it, and a person decides")
    func misfit() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 700, amount: 100, currency: "JPY")
            try await fixture.addBooking(1, costs: 4500)
            try await fixture.gateway(1, .success, amount: 100, currency: "JPY")
            #expect(try await fixture.run(.paymentsHandleTimeouts).details.contains("it is 100 JPY, but its booking costs 4500 EUR"))
            #expect(try await fixture.statuses() == ["processing"])
            #expect(try await fixture.breaches().contains { $0.contains("payment R-1, it is 100 JPY, but its booking costs 4500 EUR") })
            try await fixture.decide(.giveBack, 1)
            #expect(try await fixture.told(2).map(\.description) == ["payment.failed 1 100: given back", "payment.refunded 1 100 late"])
            #expect(try await fixture.paidBack() == ["R-1 100 JPY"])
        }
    }

    @Test("A payment that succeeded without fitting its booking is named by audit until somebody accepts it")
    func oldMisfit() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .succeeded, age: 700, amount: 1)
            try await fixture.addBooking(1, costs: 4500, status: "confirmed")
            #expect(try await fixture.breaches().contains { $0.contains("payment R-1, 1 EUR, booking 1 costs 4500 EUR") })
            try await fixture.decide(.accept, 1)
            try await fixture.environment.eventually("select coalesce(decision, '') from payments.payments", "accept")
            #expect(try await fixture.breaches().filter { $0.contains("R-1") }.isEmpty)
            #expect(try await fixture.told(0).isEmpty)
        }
    }

    @Test("A payment of nothing for a booking that costs nothing succeeds by itself, and nobody asks the gateway")
    func free() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 2400, amount: 0)
            try await fixture.addBooking(1, costs: 0)
            try await fixture.add(2, age: 60, amount: 0)
            try await fixture.addBooking(2, costs: 0)
            // That one owes something.
            try await fixture.add(3, age: 2400, amount: 0)
            try await fixture.addBooking(3, costs: 100)
            #expect(try await fixture.run(.paymentsHandleTimeouts).processed == 0)
            #expect(try await fixture.asked().isEmpty)
            try await fixture.run(.paymentsCleanupAbandoned)
            #expect(
                try await fixture.told(3).map(\.description) == ["payment.succeeded 1 0", "payment.succeeded 2 0", "payment.abandoned 3 0"])
            #expect(try await fixture.statuses() == ["succeeded", "succeeded", "abandoned"])
        }
    }
}
