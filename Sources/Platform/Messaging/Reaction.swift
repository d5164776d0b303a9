import Contracts

/// What a service does on a message. One message, one file.
///
/// It gets all new messages of its type in a batch, in the order of their arrival, and processes them as a set; the
/// same code processes a single message after the batch failed.
public protocol Reaction: Sendable {
    /// The message it reacts to.
    associatedtype Trigger: Message
    /// Processes messages that were not seen before.
    /// - Throws: a ``PermanentFailure`` when trying again cannot help; anything else is retried with backoff.
    func react(to messages: [Incoming<Trigger>], _ tx: Transaction) async throws
}

/// A message that was not seen before.
public struct Incoming<M: Message>: Sendable {
    /// The CloudEvent's id.
    public let id: String
    /// Its data.
    public let data: M
    /// The trace of the message.
    public let trace: TraceContext?
}

/// A type-erased reaction.
struct AnyReaction: Sendable {
    let type: MessageType
    /// Decodes and validates the data object.
    let decode: @Sendable (ArraySlice<UInt8>) throws -> any Message
    let react: @Sendable ([DecodedMessage], Transaction) async throws -> Void

    init<R: Reaction>(_ reaction: R) {
        type = R.Trigger.type
        decode = { try R.Trigger.decode($0) }
        react = { messages, tx in
            let incoming = messages.compactMap { message in
                (message.data as? R.Trigger).map { Incoming(id: message.id, data: $0, trace: message.trace) }
            }
            try await reaction.react(to: incoming, tx)
        }
    }
}
