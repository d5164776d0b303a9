import Contracts
import FoundationEssentials
import Testing

@testable import Payments

@Suite("How long the gateway may take")
struct GatewayPollingPolicyTests {
    private static let then = Date(timeIntervalSince1970: 1_773_570_000)

    private func payment(_ status: PaymentStatus, failedAt: Date? = nil) -> Payment {
        Payment(
            id: 1, bookingId: 1, userId: 7, amount: 1000, currency: "EUR", reference: "R-1", status: status, submittedAt: Self.then,
            failedAt: failedAt, refundedAmount: 0, invalidReason: nil)
    }

    @Test("A payment has had its time after 30 minutes, not at 30 minutes")
    func over() {
        #expect(!GatewayPollingPolicy.isOver(for: payment(.processing), at: Self.then + 1800))
        #expect(GatewayPollingPolicy.isOver(for: payment(.processing), at: Self.then + 1801))
    }

    @Test("A gateway that says it does not know yet is asked again by the next run; one that is silent is given a pause that grows")
    func again() throws {
        #expect(GatewayPollingPolicy.next(for: payment(.processing), after: .open, .unknown, asked: 3, at: Self.then) == Self.then)
        var last = 0.0
        for asked in stride(from: 0, through: 4, by: 2) {
            let next = try #require(
                GatewayPollingPolicy.next(for: payment(.processing), after: .open, .unavailable("500"), asked: asked, at: Self.then))
            #expect(next.timeIntervalSince(Self.then) > last)
            last = next.timeIntervalSince(Self.then)
        }
        let longest = try #require(GatewayPollingPolicy.next(for: payment(.processing), after: .open, .unavailable("500"), asked: 90, at: Self.then))
        #expect(longest <= Self.then + 1800)
        let asked = try #require(
            GatewayPollingPolicy.next(for: payment(.processing), after: .open, .unavailable("503", after: .seconds(3600)), asked: 0, at: Self.then))
        #expect(asked == Self.then + 3600)
    }

    @Test("Silence of 24 hours is for a person")
    func unanswered() {
        var unavailable = payment(.processing)
        #expect(!GatewayPollingPolicy.isUnanswered(unavailable, at: Self.then))
        unavailable.silentSince = Self.then
        #expect(!GatewayPollingPolicy.isUnanswered(unavailable, at: Self.then + 24 * 3600 - 1))
        #expect(GatewayPollingPolicy.isUnanswered(unavailable, at: Self.then + 24 * 3600))
    }

    @Test("After a time-out the gateway is asked for seven days more, and after its last word never")
    func lookingBack() {
        let failed = payment(.failed, failedAt: Self.then)
        let week = GatewayPollingPolicy.lateMoneyWindow
        #expect(GatewayPollingPolicy.next(for: failed, after: .failed(reason: PaymentOutcome.timeout), .unknown, asked: 4, at: Self.then) != nil)
        #expect(GatewayPollingPolicy.next(for: failed, after: .open, .unknown, asked: 9, at: Self.then + week) != nil)
        #expect(GatewayPollingPolicy.next(for: failed, after: .open, .unknown, asked: 9, at: Self.then + week + 1) == nil)
        #expect(GatewayPollingPolicy.next(for: failed, after: .open, .unavailable("500"), asked: 9, at: Self.then + week + 1) != nil)
        #expect(GatewayPollingPolicy.next(for: failed, after: .unchanged, .unknown, asked: 9, at: Self.then) == nil)
    }
}
