/// A channel of a service, and what the service notes when a delivery has gone through it or never will.
struct ChannelRegistration: Sendable {
    let channel: any DeliveryChannel
    let onSent: (@Sendable (_ dedupeKeys: [String], Transaction) async throws -> Void)?
    let onRefused: (@Sendable (_ deliveries: [FailedDelivery], Transaction) async throws -> Void)?
}
