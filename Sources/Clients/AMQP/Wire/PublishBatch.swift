/// The messages of one `publish` on their way: which are written, under which numbers, and what became of them.
///
/// An object, because a value that holds so much is copied whenever a queue of them is looked at.
final class PublishBatch<Caller> {
    /// Who waits for the outcomes, in the order of the messages.
    let caller: Caller
    let id: UInt64
    let deadline: ContinuousClock.Instant
    private let messages: [AMQPMessage]
    let mandatory: Bool
    private var outcomes: [AMQPPublishOutcome?]
    private var returned: [Int: AMQPPublishOutcome] = [:]
    private var unsettled: Int
    /// Positions in the order in which they were written to the channel; `nil` while that is 0, 1, 2, …
    private var order: [Int]?
    /// Number on the channel of the first message that was written.
    private(set) var firstSequence: UInt64 = 1
    /// How many messages have a number.
    private(set) var written = 0
    /// Nobody waits for it any more, but its numbers still count.
    var isAnswered = false
    /// Of the written ones, everything before this one is settled.
    private var settledBelow = 0

    /// Nothing of it is written, or all of it, with the numbers 1, 2, 3 …
    init(caller: Caller, id: UInt64, deadline: ContinuousClock.Instant, messages: [AMQPMessage], mandatory: Bool, isWritten: Bool = false) {
        self.caller = caller
        self.id = id
        self.deadline = deadline
        self.messages = messages
        self.mandatory = mandatory
        outcomes = Array(repeating: nil, count: messages.count)
        unsettled = messages.count
        if isWritten { written = messages.count }
    }

    /// Nothing more will be heard of it on the channel.
    var isFinished: Bool { settledBelow == written && (isAnswered || unsettled == 0) }
    var isWritten: Bool { isAnswered || written == (order?.count ?? messages.count) }
    /// Whether nothing of it was ever sent.
    var isUntouched: Bool { written == 0 && order == nil }
    /// What became of the messages, once that is known of all.
    var result: [AMQPPublishOutcome]? { unsettled == 0 ? outcomes.map { $0 ?? .rejected } : nil }

    private func position(_ index: Int) -> Int { order?[index] ?? index }

    /// Counts the next message as written and returns it.
    func writeNext(sequence: UInt64) -> AMQPMessage {
        if written == 0 { firstSequence = sequence }
        written += 1
        return messages[position(written - 1)]
    }

    func contains(_ sequence: UInt64) -> Bool { sequence >= firstSequence && sequence - firstSequence < UInt64(written) }

    /// Settles one of its numbers; none that it does not have.
    func settle(_ sequence: UInt64, _ outcome: AMQPPublishOutcome) {
        guard contains(sequence) else { return }
        settle(index: Int(sequence - firstSequence), outcome)
        skipSettled()
    }

    /// Settles all of its numbers up to one.
    func settle(through sequence: UInt64, _ outcome: AMQPPublishOutcome) {
        guard written > 0, sequence >= firstSequence else { return }
        let end = min(UInt64(written), sequence - firstSequence + 1)
        for index in settledBelow..<max(settledBelow, Int(end)) { settle(index: index, outcome) }
        skipSettled()
    }

    private func settle(index: Int, _ outcome: AMQPPublishOutcome) {
        let position = position(index)
        guard outcomes[position] == nil else { return }
        outcomes[position] = returned[position] ?? outcome
        unsettled -= 1
    }

    private func skipSettled() {
        while settledBelow < written, outcomes[position(settledBelow)] != nil { settledBelow += 1 }
    }

    /// Notes that a written message came back; its confirm follows.
    /// - Returns: its number; nil if it was none of these.
    func noteReturn(_ message: IncomingMessage, after sequence: UInt64, exactly: Bool) -> UInt64? {
        guard let reply = message.reply, written > 0, mandatory else { return nil }
        let start = sequence < firstSequence ? 0 : Int(sequence - firstSequence) + 1
        for index in max(start, settledBelow)..<max(start, settledBelow, written) {
            let position = position(index)
            guard outcomes[position] == nil, returned[position] == nil else { continue }
            guard messages[position].isSame(as: message, exactly: exactly) else { continue }
            returned[position] = .unroutable(replyCode: reply.code, replyText: reply.text)
            return firstSequence + UInt64(index)
        }
        return nil
    }

    /// Whether a message that is written and not settled goes to the exchange that the broker complains about.
    func isMeant(by text: String) -> Bool {
        (settledBelow..<max(settledBelow, written)).contains { index in
            outcomes[position(index)] == nil && text.contains("'\(messages[position(index)].exchange)'")
        }
    }

    /// The channel is gone: what is not settled is to be written again, on another one.
    func startOver() {
        order = messages.indices.filter { outcomes[$0] == nil }
        returned = [:]
        written = 0
        settledBelow = 0
    }
}

extension AMQPMessage {
    /// Whether a returned message is this one; `exactly` includes the properties, which a broker may have changed.
    fileprivate func isSame(as message: IncomingMessage, exactly: Bool) -> Bool {
        exchange == message.envelope.exchange && routingKey == message.envelope.routingKey && properties.messageID == message.properties.messageID
            && body == message.body && (!exactly || properties == message.properties)
    }
}
