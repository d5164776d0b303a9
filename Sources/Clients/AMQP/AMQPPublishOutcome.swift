/// What the broker did with a published message.
public enum AMQPPublishOutcome: Sendable, Equatable {
    /// It took responsibility: for a persistent message in a durable queue that means on disk, for a quorum queue on a majority.
    case confirmed
    /// No queue was there to take it (`basic.return`; only for mandatory messages).
    case unroutable(replyCode: Int, replyText: String)
    /// It could not take it (`basic.nack`); worth publishing again.
    case rejected
}
