import Contracts
import Foundation

extension Sample {
    private static let then = Date(timeIntervalSince1970: 1_804_989_566.25)

    /// One of each message.
    static let all: [Sample] = [
        Sample(
            message: Tick(
                job: .ticketsCacheRefresh, scheduledFor: then, trigger: .schedule, parameters: ["user": "42"], misfire: .all,
                slice: .init(runId: 7, number: 2), previousFireTime: then - 300, nextFireTime: then + 300),
            members: [
                "job": .job, "scheduledFor": .instant, "trigger": .choice("schedule", "manual", "api"), "dryRun": .boolean,
                "parameters": TickCases.texts,
                "misfire": .choice("latest", "all", "none").optional, "slice": TickCases.slice,
                "previousFireTime": .instant.optional, "nextFireTime": .instant.optional,
            ]),
        Sample(
            message: RideCompleted(userId: 42, rideId: "trx 8f14e45f \u{1F3AB}", completedAt: then),
            members: ["userId": .id, "rideId": .reference, "completedAt": .instant]),
        Sample(
            message: TicketsRefreshRequested(userId: 42),
            members: ["userId": .id]),
        Sample(
            message: TicketsRefreshed(userId: 42, refreshedAt: then, added: 1, updated: 2, removed: 0),
            members: ["userId": .id, "refreshedAt": .instant, "added": .count, "updated": .count, "removed": .count]),
        Sample(
            message: LoyaltyMilestoneReached(userId: 42, rides: 50, freeTickets: 5, reachedAt: then),
            members: ["userId": .id, "rides": .id, "freeTickets": .id, "reachedAt": .instant]),
        Sample(
            message: PaymentGatewayReported(reference: "trx 8f14e45f \u{1F3AB}", status: .success, money: Money(4500, "EUR"), occurredAt: then),
            members: [
                "reference": .reference, "status": .choice("success", "failed", "abandoned", "pending"), "amount": .count,
                "currency": .currencyInAnyCase, "occurredAt": .instant,
            ]),
        Sample(
            message: PaymentDecided(reference: "trx 8f14e45f \u{1F3AB}", decision: .giveBack, decidedBy: "ana", decidedAt: then),
            members: ["reference": .reference, "decision": .choice("accept", "give-back"), "decidedBy": .reference, "decidedAt": .instant]),
        Sample(
            message: PaymentSucceeded(PaymentDetails(paymentId: 7001, bookingId: 5001, userId: 42, money: Money(4500, "EUR")), paidAt: then),
            members: ["paymentId": .id, "bookingId": .id, "userId": .id, "amount": .count, "currency": .currency, "paidAt": .instant]),
        Sample(
            message: PaymentFailed(
                PaymentDetails(paymentId: 7001, bookingId: 5001, userId: 42, money: Money(4500, "EUR")), reason: "gateway timeout", failedAt: then),
            members: [
                "paymentId": .id, "bookingId": .id, "userId": .id, "amount": .count, "currency": .currency, "reason": .reason, "failedAt": .instant,
            ]),
        Sample(
            message: PaymentAbandoned(PaymentDetails(paymentId: 7001, bookingId: 5001, userId: 42, money: Money(4500, "EUR")), abandonedAt: then),
            members: ["paymentId": .id, "bookingId": .id, "userId": .id, "amount": .count, "currency": .currency, "abandonedAt": .instant]),
        Sample(
            message: PaymentRefunded(
                PaymentDetails(paymentId: 7001, bookingId: 5001, userId: 42, money: Money(4500, "EUR")), cause: .approved, refundedAt: then),
            members: [
                "paymentId": .id, "bookingId": .id, "userId": .id, "amount": .id, "currency": .currency,
                "cause": .choice("approved", "late", "double"), "refundedAt": .instant,
            ]),
        Sample(
            message: PaymentRefundFailed(
                PaymentDetails(paymentId: 7001, bookingId: 5001, userId: 42, money: Money(4500, "EUR")), reason: "card closed", failedAt: then),
            members: [
                "paymentId": .id, "bookingId": .id, "userId": .id, "amount": .id, "currency": .currency, "reason": .reason, "failedAt": .instant,
            ]),
        Sample(
            message: BookingCancelled(
                [.init(bookingId: 5001, eventId: 301, userId: 42, quantity: 2), .init(bookingId: 5002, eventId: 302, userId: 43, quantity: 1)],
                reason: "payment never came", cancelledAt: then),
            members: ["bookings": .cancelledBookings, "reason": .reason, "cancelledAt": .instant]),
        Sample(
            message: BookingRefundRequested(bookingId: 5001, requestedAt: then),
            members: ["bookingId": .id, "requestedAt": .instant]),
        Sample(
            message: BookingRefundApproved(bookingId: 5001, userId: 42, money: Money(4500, "EUR"), approvedAt: then),
            members: ["bookingId": .id, "userId": .id, "amount": .id, "currency": .currency, "approvedAt": .instant]),
        Sample(
            message: BookingRefunded(bookingId: 5001, eventId: 301, userId: 42, quantity: 2, money: Money(4500, "EUR"), refundedAt: then),
            members: ["bookingId": .id, "eventId": .id, "userId": .id, "quantity": .id, "amount": .id, "currency": .currency, "refundedAt": .instant]),
        Sample(
            message: BookingReminded([.init(bookingId: 5001), .init(bookingId: 5002)], kind: .dayBefore, remindedAt: then),
            members: ["bookings": .remindedBookings, "kind": .choice("day-before", "week-before"), "remindedAt": .instant]),
        Sample(
            message: BookingFollowedUp([.init(bookingId: 5001), .init(bookingId: 5002)], followedUpAt: then),
            members: ["bookings": .remindedBookings, "followedUpAt": .instant]),
        Sample(
            message: EventCancelled(eventId: 301, reason: "the band is ill", force: true),
            members: ["eventId": .id, "reason": .reason, "force": .boolean.optional]),
        Sample(
            message: CustomerUnsubscribed(userId: 42, scope: .newsletter, unsubscribedAt: then),
            members: ["userId": .id, "scope": .choice("newsletter", "promotions", "all"), "unsubscribedAt": .instant]),
        Sample(
            message: CustomerResubscribed(userId: 42, scope: .all, resubscribedAt: then),
            members: ["userId": .id, "scope": .choice("newsletter", "promotions", "all"), "resubscribedAt": .instant]),
    ]
}
