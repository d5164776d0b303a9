import Contracts
import Platform

/// Carries payments through their lives: asks the gateway, gives up what never comes, and moves money back once.
///
/// | takes | does |
/// | --- | --- |
/// | `payments.cleanup-abandoned` | gives up payments that nobody handed to the gateway |
/// | `payments.handle-timeouts` | asks the gateway about payments that it holds too long, and whether it took money that was given up |
/// | `payments.cleanup-old-failed` | removes payments that came to nothing long ago, and keeps their figures |
/// | `payments.generate-analytics` | reports the day that ended |
/// | `payment.gateway-reported` | moves the payment as asking would |
/// | `payment.decided` | does what a person decided about a payment on which gateway and books do not agree |
/// | `booking.cancelled` | voids the payments that were never handed over |
/// | `booking.refund-approved` | sends the money back |
///
/// Needs the payment gateway (`PAYMENT_GATEWAY_URL`, `PAYMENT_GATEWAY_KEY`); `PAYMENT_GATEWAY_IN_FLIGHT` is how many questions, and how many
/// refunds, it is given at once. Days end at midnight in `TIME_ZONE`.
@main
struct Payments: BackgroundService {
    static let name = "payments"
    static let schema = "payments"
    static let summary = "payments at the gateway and money that goes back"
    static let settings = PaymentGatewayClient.settings + [CommonSettings.timeZone.description]

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        let gateway = try PaymentGatewayClient(settings, service)
        service.add(job: CleanupAbandoned())
        service.add(externalJob: HandleTimeouts(gateway: gateway, alarm: SilenceAlarm(logger: service.logger)))
        service.add(job: CleanupOldFailed())
        service.add(job: GenerateAnalytics(zone: try settings.zone()))
        service.add(reaction: PaymentGatewayReportedReaction())
        service.add(reaction: PaymentDecidedReaction())
        service.add(reaction: BookingCancelledReaction())
        service.add(reaction: BookingRefundApprovedReaction())
        service.add(channel: RefundChannel(gateway: gateway), onSent: Refund.markPaid, onRefused: Refund.markRefused)
    }
}
