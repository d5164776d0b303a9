/// A channel of a service, and the service's callbacks for deliveries that were sent or will never be.
struct ChannelRegistration: Sendable {
    let channel: any DeliveryChannel
    let onSent: (@Sendable (_ dedupeKeys: [String], Transaction) async throws -> Void)?
    let onRefused: (@Sendable (_ deliveries: [FailedDelivery], Transaction) async throws -> Void)?
}
