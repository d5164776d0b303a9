import Contracts
import FoundationEssentials
import Testing

@testable import Payments

@Suite("What the gateway's word means for a payment")
struct VerdictTests {
    private static let then = Date(timeIntervalSince1970: 1_773_570_000)

    private func payment(_ status: PaymentStatus, paid: Bool = false, flaw: String? = nil) -> Payment {
        Payment(
            id: 1, bookingId: 1, userId: 7, amount: 1000, currency: "EUR", reference: "R-1", status: status, submittedAt: Self.then,
            paidAt: paid || status == .succeeded ? Self.then : nil, refundedAmount: 0, flaw: flaw)
    }

    private func word(_ status: PaymentGatewayReported.Status, amount: Int = 1000, currency: String = "EUR") -> GatewayAnswer {
        .transaction(GatewayTransaction(status: status, amount: amount, currency: currency, at: Self.then))
    }

    @Test("Success is success for an open payment and late money for one that was given up, once")
    func success() {
        for status in [PaymentStatus.pending, .processing] {
            #expect(Verdict(on: payment(status), word(.success)) == .succeeded(at: Self.then))
            #expect(Verdict(on: payment(status), word(.success), bookingIsPaid: true) == .doubled(at: Self.then))
        }
        for status in [PaymentStatus.failed, .abandoned, .voided] {
            #expect(Verdict(on: payment(status), word(.success)) == .late(at: Self.then))
            #expect(Verdict(on: payment(status, paid: true), word(.success)) == .stands)
        }
        #expect(Verdict(on: payment(.succeeded), word(.success), bookingIsPaid: true) == .stands)
    }

    @Test("Failure ends an open payment and changes nothing afterwards")
    func failure() {
        for word in [word(.failed), word(.abandoned)] {
            for status in [PaymentStatus.pending, .processing] {
                guard case .failed = Verdict(on: payment(status), word) else {
                    Issue.record("\(status) is not failed by \(word)")
                    continue
                }
            }
            for status in [PaymentStatus.succeeded, .failed, .abandoned, .voided] { #expect(Verdict(on: payment(status), word) == .stands) }
        }
    }

    @Test("Pending means that the gateway has it, and nothing new for one that it had already")
    func pending() {
        #expect(Verdict(on: payment(.pending), word(.pending)) == .processing(since: Self.then))
        #expect(Verdict(on: payment(.processing), word(.pending)) == .open)
        #expect(Verdict(on: payment(.failed), word(.pending)) == .open)
        #expect(Verdict(on: payment(.succeeded), word(.pending)) == .stands)
    }

    @Test("What is still open when its time is over is given up: pending, unknown and silence alike")
    func overdue() {
        for answer in [word(.pending), .unknown, .silent("500")] {
            #expect(Verdict(on: payment(.processing), answer, isOverdue: true) == .failed(reason: "gateway timeout"))
            #expect(Verdict(on: payment(.processing), answer) == .open)
            #expect(Verdict(on: payment(.failed), answer, isOverdue: true) == .open)
        }
        #expect(Verdict(on: payment(.processing), word(.success), isOverdue: true) == .succeeded(at: Self.then))
    }

    @Test("Another amount or currency is disputed and names both, whatever the status", arguments: PaymentStatus.allCases)
    func disputed(status: PaymentStatus) {
        let reason = "the gateway says 900 EUR, but it is 1000 EUR"
        #expect(Verdict(on: payment(status), word(.success, amount: 900), isOverdue: true) == .disputed(reason))
        let other = "the gateway says 1000 USD, but it is 1000 EUR"
        #expect(Verdict(on: payment(status), word(.failed, currency: "USD")) == .disputed(other))
    }

    @Test("A payment that no message can speak of is left to a person")
    func flawed() {
        #expect(Verdict(on: payment(.processing, flaw: "it has no user"), .unknown, isOverdue: true) == .disputed("it has no user"))
    }

    @Test("The gateway is asked on until it has said its last word")
    func last() {
        #expect(!Verdict.open.isFinal)
        #expect(!Verdict.failed(reason: Verdict.timeout).isFinal)
        #expect(!Verdict.disputed("").isFinal)
        #expect(Verdict.failed(reason: "declined by the gateway").isFinal)
        #expect(Verdict.late(at: Self.then).isFinal)
    }
}
