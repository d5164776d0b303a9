import Contracts
import Platform

/// Payment lifecycle: polls the gateway, gives up payments that never complete, and refunds money exactly once.
///
/// README.md has what it takes and does, and its settings.
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
