/// A channel of a service, and what the service notes when a parcel has gone through it or never will.
struct Outlet: Sendable {
    let channel: any DeliveryChannel
    let onSent: (@Sendable (_ dedupeKeys: [String], Transaction) async throws -> Void)?
    let onRefused: (@Sendable (_ parcels: [RefusedParcel], Transaction) async throws -> Void)?
}
