import Contracts
import FoundationEssentials
import Testing

@testable import Payments

@Suite("What becomes of a refund that was granted")
struct RefundPlanTests {
    private static let then = Date(timeIntervalSince1970: 1_773_570_000)

    private func payment(_ id: Int, _ status: PaymentStatus, refunded: Int = 0) -> Payment {
        Payment(
            id: id, bookingId: 1, userId: 7, amount: 1000, currency: "EUR", reference: "R-\(id)", status: status, submittedAt: Self.then,
            paidAt: status == .succeeded || refunded > 0 ? Self.then : nil, refundedAmount: refunded, invalidReason: nil)
    }

    private func refund(_ payment: Int, _ amount: Int, _ cause: Refund.Cause, _ status: Refund.Status) -> Refund {
        Refund(paymentId: payment, amount: amount, cause: cause, status: status)
    }

    private func decide(_ amount: Int, _ payments: [Payment], _ refunds: [Refund] = [], currency: String = "EUR") -> RefundPlan? {
        let approval = BookingRefundApproved(bookingId: 1, userId: 7, money: Money(amount, currency), approvedAt: Self.then)
        return RefundPlan(on: approval, payments: payments, refunds: refunds)
    }

    private func order(_ payment: Int, _ amount: Int, _ cause: Refund.Cause = .approved) -> RefundPlan {
        .begin(RefundOrder(payment: payment, amount: amount, cause: cause))
    }

    @Test("It goes back from the payment that succeeded, all of it or a part")
    func granted() {
        let payments = [payment(1, .failed), payment(2, .succeeded)]
        #expect(decide(1000, payments) == order(2, 1000))
        #expect(decide(500, payments) == order(2, 500))
    }

    @Test("Never more than what is left")
    func tooMuch() {
        let paid = payment(1, .succeeded)
        #expect(decide(1001, [paid]) == .refuse(paid, reason: "1001 EUR were granted, but only 1000 of 1000 are left"))
        let half = payment(1, .succeeded, refunded: 400)
        #expect(decide(600, [half]) == order(1, 600))
        #expect(decide(601, [half]) == .refuse(half, reason: "601 EUR were granted, but only 600 of 1000 are left"))
    }

    @Test("Refunds on their way whose sum is beyond every integer leave nothing, and trap nothing")
    func huge() {
        let paid = payment(1, .succeeded)
        let pending = [refund(1, .max, .late, .pending), refund(1, .max, .double, .pending)]
        #expect(paid.amountLeft(pending) < 0)
        #expect(decide(1, [paid], [refund(1, .max, .late, .pending), refund(1, .max, .late, .pending)]) != order(1, 1))
    }

    @Test("Never for a payment that did not succeed, never in another currency, and nothing can be said without a payment")
    func impossible() {
        let failed = payment(1, .failed)
        #expect(decide(1000, [failed]) == .refuse(failed, reason: "no payment of the booking succeeded"))
        let paid = payment(1, .succeeded)
        #expect(decide(1000, [paid], currency: "USD") == .refuse(paid, reason: "it was paid in EUR, not in USD"))
        #expect(decide(1000, []) == nil)
    }

    @Test("Once: granted again while it is on its way or back changes nothing, another amount is refused")
    func once() {
        for status in [Refund.Status.pending, .paid] {
            let paid = payment(1, .succeeded, refunded: status == .paid ? 500 : 0)
            #expect(decide(500, [paid], [refund(1, 500, .approved, status)]) == .isUnderWay)
            #expect(decide(300, [paid], [refund(1, 500, .approved, status)]) == .refuse(paid, reason: "500 EUR were granted before"))
        }
    }

    @Test("What the gateway had refused is begun again")
    func again() {
        let paid = payment(1, .succeeded)
        #expect(decide(1000, [paid], [refund(1, 1000, .approved, .failed)]) == order(1, 1000))
        #expect(decide(500, [paid], [refund(1, 1000, .approved, .failed)]) == order(1, 500))
    }

    @Test("A double payment is not what pays for the booking, and does not count for what is left of the other")
    func double() {
        let payments = [payment(1, .succeeded), payment(2, .succeeded)]
        #expect(decide(1000, payments, [refund(2, 1000, .double, .pending)]) == order(1, 1000))
        #expect(decide(1000, payments, [refund(1, 1000, .double, .paid)]) == order(2, 1000))
    }

    @Test("Late or double money whose refund the gateway had refused is begun again by an approval of that amount")
    func owed() {
        let late = [payment(1, .failed)]
        #expect(decide(1000, late, [refund(1, 1000, .late, .failed)]) == order(1, 1000, .late))
        #expect(decide(999, late, [refund(1, 1000, .late, .failed)]) == .refuse(late[0], reason: "no payment of the booking succeeded"))
        let both = [payment(1, .succeeded, refunded: 1000), payment(2, .succeeded)]
        let refunds = [refund(1, 1000, .approved, .paid), refund(2, 1000, .double, .failed)]
        #expect(decide(1000, both, refunds) == order(2, 1000, .double))
    }
}
