import Contracts
import Platform

/// Payment lifecycle: polls the gateway, gives up payments that never complete, and refunds money exactly once.
///
/// | takes | does |
/// | --- | --- |
/// | `payments.cleanup-abandoned` | abandons payments that were never submitted to the gateway |
/// | `payments.handle-timeouts` | polls the gateway about payments that it has held for too long, and about money taken after a payment was given up |
/// | `payments.cleanup-old-failed` | removes old failed and abandoned payments, and keeps their figures |
/// | `payments.generate-analytics` | reports the day that ended |
/// | `payment.gateway-reported` | applies the report as if it were a polled answer |
/// | `payment.decided` | applies a person's decision about a payment on which gateway and database disagree |
/// | `booking.cancelled` | voids payments that were never submitted to the gateway |
/// | `booking.refund-approved` | refunds the money |
///
/// Needs the payment gateway (`PAYMENT_GATEWAY_URL`, `PAYMENT_GATEWAY_KEY`); `PAYMENT_GATEWAY_IN_FLIGHT` limits its
/// concurrent status requests, and its concurrent refund requests likewise.
@main
struct Payments: BackgroundService {
    static let name = "payments"
    static let schema = "payments"
    static let summary = "payments at the gateway and money that goes back"
    static let settings = PaymentGatewayClient.settings

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        let gateway = try PaymentGatewayClient(settings, service)
        service.add(job: CleanupAbandoned())
        service.add(externalJob: HandleTimeouts(gateway: gateway, alarm: SilenceAlarm(logger: service.logger)))
        service.add(job: CleanupOldFailed())
        service.add(job: GenerateAnalytics())
        service.add(reaction: PaymentGatewayReportedReaction())
        service.add(reaction: PaymentDecidedReaction())
        service.add(reaction: BookingCancelledReaction())
        service.add(reaction: BookingRefundApprovedReaction())
        service.add(channel: RefundChannel(gateway: gateway), onSent: Refund.markPaid, onRefused: Refund.markRefused)
    }
}
