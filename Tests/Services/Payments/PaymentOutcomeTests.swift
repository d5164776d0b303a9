import Contracts
import FoundationEssentials
import Testing

@testable import Payments

@Suite("What the gateway's word means for a payment")
struct PaymentOutcomeTests {
    private static let then = Date(timeIntervalSince1970: 1_773_570_000)

    private func payment(_ status: PaymentStatus, paid: Bool = false, invalidReason: String? = nil) -> Payment {
        Payment(
            id: 1, bookingId: 1, userId: 7, amount: 1000, currency: "EUR", reference: "R-1", status: status, submittedAt: Self.then,
            paidAt: paid || status == .succeeded ? Self.then : nil, refundedAmount: 0, invalidReason: invalidReason)
    }

    private func word(_ status: GatewayStatus, amount: Int = 1000, currency: String = "EUR") -> GatewayAnswer {
        .transaction(GatewayTransaction(status: status, money: Money(amount, currency), at: Self.then))
    }

    @Test("Success is success for an open payment and late money for one that was given up, once")
    func success() {
        for status in [PaymentStatus.pending, .processing] {
            #expect(PaymentOutcome(on: payment(status), word(.success)) == .succeeded(at: Self.then))
            #expect(PaymentOutcome(on: payment(status), word(.success), bookingIsPaid: true) == .duplicatePayment(at: Self.then))
        }
        for status in [PaymentStatus.failed, .abandoned, .voided] {
            #expect(PaymentOutcome(on: payment(status), word(.success)) == .late(at: Self.then))
            #expect(PaymentOutcome(on: payment(status, paid: true), word(.success)) == .unchanged)
        }
        #expect(PaymentOutcome(on: payment(.succeeded), word(.success), bookingIsPaid: true) == .unchanged)
    }

    @Test("Failure ends an open payment and changes nothing afterwards")
    func failure() {
        for word in [word(.failed), word(.abandoned)] {
            for status in [PaymentStatus.pending, .processing] {
                guard case .failed = PaymentOutcome(on: payment(status), word) else {
                    Issue.record("\(status) is not failed by \(word)")
                    continue
                }
            }
            for status in [PaymentStatus.succeeded, .failed, .abandoned, .voided] { #expect(PaymentOutcome(on: payment(status), word) == .unchanged) }
        }
    }

    @Test("Pending means that the gateway has it, and nothing new for one that it had already")
    func pending() {
        #expect(PaymentOutcome(on: payment(.pending), word(.pending)) == .processing(since: Self.then))
        #expect(PaymentOutcome(on: payment(.processing), word(.pending)) == .open)
        #expect(PaymentOutcome(on: payment(.failed), word(.pending)) == .open)
        #expect(PaymentOutcome(on: payment(.succeeded), word(.pending)) == .unchanged)
    }

    @Test("What the gateway says to be undecided, or does not know, is given up when its time is over; silence is no answer")
    func overdue() {
        for answer in [word(.pending), .unknown] {
            #expect(PaymentOutcome(on: payment(.processing), answer, isOverdue: true) == .failed(reason: "gateway timeout"))
            #expect(PaymentOutcome(on: payment(.processing), answer) == .open)
            #expect(PaymentOutcome(on: payment(.failed), answer, isOverdue: true) == .open)
        }
        #expect(PaymentOutcome(on: payment(.processing), .unavailable("500"), isOverdue: true) == .open)
        #expect(PaymentOutcome(on: payment(.processing), word(.success), isOverdue: true) == .succeeded(at: Self.then))
    }

    @Test("Silence of a day is for a person, once")
    func unanswered() {
        let review = PaymentOutcome.review("the gateway does not answer for it: 500")
        #expect(PaymentOutcome(on: payment(.processing), .unavailable("500"), isOverdue: true, isUnanswered: true) == review)
        var known = payment(.processing)
        known.reviewReason = "the gateway does not answer for it: timed out"
        #expect(PaymentOutcome(on: known, .unavailable("500"), isOverdue: true, isUnanswered: true) == .open)
        #expect(PaymentOutcome(on: payment(.failed), .unavailable("500"), isUnanswered: true) == .open)
    }

    @Test("Another amount or currency is for a person and names both, whatever the status", arguments: PaymentStatus.allCases)
    func anotherAmount(status: PaymentStatus) {
        let reason = "the gateway says 900 EUR, but it is 1000 EUR"
        let other = "the gateway says 1000 USD, but it is 1000 EUR"
        let isPaid = status == .succeeded
        let outcome = PaymentOutcome(on: payment(status), word(.success, amount: 900), isOverdue: true)
        #expect(outcome == (isPaid ? .disputed(reason) : .review(reason)))
        #expect(PaymentOutcome(on: payment(status), word(.failed, currency: "USD")) == (isPaid ? .disputed(other) : .review(other)))
    }

    @Test("A word that is not in the gateway's contract is for a person, also when the time is over; of money that came it changes nothing")
    func unknownWord() {
        let review = PaymentOutcome.review("the gateway says \"reversed\", and nobody here knows what that means for the money")
        for status in [PaymentStatus.pending, .processing, .failed] {
            #expect(PaymentOutcome(on: payment(status), word(.other("reversed")), isOverdue: true) == review)
        }
        #expect(PaymentOutcome(on: payment(.succeeded), word(.other("reversed"))) == .unchanged)
    }

    @Test("Money of another amount or currency than its booking is for a person, unless a person has accepted it")
    func misfit() {
        var payment = payment(.processing)
        (payment.bookingAmount, payment.bookingCurrency) = (4500, "EUR")
        let review = PaymentOutcome.review("it is 1000 EUR, but its booking costs 4500 EUR")
        #expect(PaymentOutcome(on: payment, word(.success)) == review)
        #expect(PaymentOutcome(on: payment, word(.success), bookingIsPaid: true) == .duplicatePayment(at: Self.then))
        #expect(PaymentOutcome(on: payment, word(.failed)) == .failed(reason: "declined by the gateway"))
        payment.decision = .accept
        #expect(PaymentOutcome(on: payment, word(.success)) == .succeeded(at: Self.then))
        (payment.decision, payment.bookingAmount) = (nil, 1000)
        #expect(PaymentOutcome(on: payment, word(.success)) == .succeeded(at: Self.then))
    }

    @Test("What a person gives back goes back, whatever amount the gateway takes later")
    func givenBack() {
        var payment = payment(.failed)
        payment.decision = .giveBack
        #expect(PaymentOutcome(on: payment, word(.success, amount: 900)) == .late(at: Self.then))
        #expect(PaymentOutcome(on: payment, word(.pending)) == .open)
    }

    @Test("A payment that no message can speak of is left to a person")
    func flawed() {
        #expect(PaymentOutcome(on: payment(.processing, invalidReason: "it has no user"), .unknown, isOverdue: true) == .review("it has no user"))
        #expect(PaymentOutcome(on: payment(.succeeded, invalidReason: "it has no user"), .unknown) == .disputed("it has no user"))
    }

    @Test("The gateway is asked on until it has said its last word")
    func last() {
        #expect(!PaymentOutcome.open.isFinal)
        #expect(!PaymentOutcome.failed(reason: PaymentOutcome.timeout).isFinal)
        #expect(!PaymentOutcome.disputed("").isFinal)
        #expect(!PaymentOutcome.review("").isFinal)
        #expect(PaymentOutcome.failed(reason: "declined by the gateway").isFinal)
        #expect(PaymentOutcome.late(at: Self.then).isFinal)
    }
}
