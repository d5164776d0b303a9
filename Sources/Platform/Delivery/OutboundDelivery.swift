import Contracts

/// Something to be sent to an external service once: a mail, a push notification, a refund at the payment gateway.
public struct OutboundDelivery: Sendable {
    /// The kind of channel that sends it.
    public let kind: Kind
    /// Unique in the service for ever (`loyalty-reward/12/50`): a second delivery with the same key is not sent.
    /// It is sent as `Idempotency-Key` or `Message-ID`, so that a retry after the death of a delivery worker does no
    /// harm.
    public let dedupeKey: String
    /// The channel's input, as JSON.
    public let payload: String
    /// The trace that caused it.
    let trace: TraceContext?

    /// A delivery for a channel.
    /// - Parameter cause: The trace of the message that caused it; by default that of the current task.
    /// - Throws: what the encoder of the content throws.
    public init(kind: Kind, dedupeKey: String, content: some Encodable, causedBy cause: TraceContext? = .current) throws {
        self.init(kind: kind, dedupeKey: dedupeKey, json: String(decoding: try WireCoding.encodeJSON(content), as: UTF8.self), causedBy: cause)
    }

    /// A delivery whose payload is JSON already.
    /// - Parameter cause: The trace of the message that caused it; by default that of the current task.
    public init(kind: Kind, dedupeKey: String, json: String, causedBy cause: TraceContext? = .current) {
        self.kind = kind
        self.dedupeKey = dedupeKey
        self.payload = json
        self.trace = cause
    }

    /// The kinds of delivery, as `deliveries.kind` spells them.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// SMTP.
        case mail
        /// The push service.
        case push
        /// A refund at the payment gateway.
        case refund
    }
}
