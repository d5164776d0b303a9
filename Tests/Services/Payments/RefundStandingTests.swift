import Contracts
import Testing

@testable import Payments

@Suite("How a refund stands by the gateway's list")
struct RefundStandingTests {
    private func standing(of amount: Int = 500, before: Int = 0, _ listed: GatewayRefund...) -> RefundStanding {
        RefundStanding(of: RefundPayload(transaction: "R-1", money: Money(amount, "EUR"), refundedBefore: before), among: listed)
    }

    private func entry(_ amount: Int, _ status: GatewayRefund.Status, currency: String = "EUR") -> GatewayRefund {
        GatewayRefund(money: Money(amount, currency), status: status)
    }

    @Test("What is back beyond what was back before is this refund")
    func back() {
        #expect(standing(entry(500, .processed)) == .back)
        #expect(standing(entry(200, .processed), entry(300, .processed)) == .back)
        #expect(standing(before: 500, entry(500, .processed)) == .absent)
        #expect(standing(before: 500, entry(500, .processed), entry(500, .processed)) == .back)
        #expect(standing(entry(500, .failed), entry(500, .processed)) == .back)
    }

    @Test("Pending money is on its way, also the missing part of it")
    func onItsWay() {
        #expect(standing(entry(500, .pending)) == .onItsWay)
        #expect(standing(entry(200, .processed), entry(300, .pending)) == .onItsWay)
        #expect(standing(entry(500, .failed), entry(500, .pending)) == .onItsWay)
        #expect(standing(before: 500, entry(500, .processed), entry(500, .pending)) == .onItsWay)
    }

    @Test("Too little, another currency, nothing, and a sum beyond every integer are no refund of ours")
    func absent() {
        #expect(standing() == .absent)
        #expect(standing(entry(499, .processed)) == .absent)
        #expect(standing(entry(500, .processed, currency: "USD")) == .absent)
        #expect(standing(entry(499, .failed)) == .absent)
        #expect(standing(of: .max, before: 1, entry(.max, .processed), entry(.max, .processed)) == .absent)
    }

    @Test("A failed one of this amount is told apart from none")
    func failed() { #expect(standing(entry(500, .failed)) == .failed) }
}
