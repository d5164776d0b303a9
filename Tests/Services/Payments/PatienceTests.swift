import FoundationEssentials
import Testing

@testable import Payments

@Suite("How long the gateway may take")
struct PatienceTests {
    private static let then = Date(timeIntervalSince1970: 1_773_570_000)

    private func payment(_ status: PaymentStatus, failedAt: Date? = nil) -> Payment {
        Payment(
            id: 1, bookingId: 1, userId: 7, amount: 1000, currency: "EUR", reference: "R-1", status: status, submittedAt: Self.then,
            failedAt: failedAt, refundedAmount: 0, flaw: nil)
    }

    @Test("A payment has had its time after 30 minutes, not at 30 minutes")
    func over() {
        #expect(!Patience.isOver(for: payment(.processing), at: Self.then + 1800))
        #expect(Patience.isOver(for: payment(.processing), at: Self.then + 1801))
    }

    @Test("A gateway that says it does not know yet is asked again by the next run; one that is silent is given a pause that grows")
    func again() throws {
        #expect(Patience.next(for: payment(.processing), after: .open, .unknown, asked: 3, at: Self.then) == Self.then)
        var last = 0.0
        for asked in stride(from: 0, through: 4, by: 2) {
            let next = try #require(Patience.next(for: payment(.processing), after: .open, .silent("500"), asked: asked, at: Self.then))
            #expect(next.timeIntervalSince(Self.then) > last)
            last = next.timeIntervalSince(Self.then)
        }
        let longest = try #require(Patience.next(for: payment(.processing), after: .open, .silent("500"), asked: 90, at: Self.then))
        #expect(longest <= Self.then + 1800)
        let asked = try #require(
            Patience.next(for: payment(.processing), after: .open, .silent("503", after: .seconds(3600)), asked: 0, at: Self.then))
        #expect(asked == Self.then + 3600)
    }

    @Test("Silence of 24 hours is for a person")
    func unanswered() {
        var silent = payment(.processing)
        #expect(!Patience.isUnanswered(silent, at: Self.then))
        silent.silentSince = Self.then
        #expect(!Patience.isUnanswered(silent, at: Self.then + 24 * 3600 - 1))
        #expect(Patience.isUnanswered(silent, at: Self.then + 24 * 3600))
    }

    @Test("After a time-out the gateway is asked for seven days more, and after its last word never")
    func lookingBack() {
        let failed = payment(.failed, failedAt: Self.then)
        let week = Patience.looksBackFor
        #expect(Patience.next(for: failed, after: .failed(reason: Verdict.timeout), .unknown, asked: 4, at: Self.then) != nil)
        #expect(Patience.next(for: failed, after: .open, .unknown, asked: 9, at: Self.then + week) != nil)
        #expect(Patience.next(for: failed, after: .open, .unknown, asked: 9, at: Self.then + week + 1) == nil)
        #expect(Patience.next(for: failed, after: .open, .silent("500"), asked: 9, at: Self.then + week + 1) != nil)
        #expect(Patience.next(for: failed, after: .stands, .unknown, asked: 9, at: Self.then) == nil)
    }
}
