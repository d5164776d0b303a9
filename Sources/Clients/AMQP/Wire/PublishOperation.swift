/// Messages of one `publish` on their way: which are written, under which numbers, and what became of them.
final class PublishOperation {
    let request: PublishRequest
    private var outcomes: [AMQPPublishOutcome?]
    private var returned: [Int: AMQPPublishOutcome] = [:]
    private var unsettled: Int
    /// Positions in the order in which they were written to the channel; `nil` while that is 0, 1, 2, …
    private var order: [Int]?
    /// Number on the channel of the first message that was written.
    private(set) var firstSequence: UInt64 = 0
    /// How many messages have a number.
    private(set) var written = 0
    /// Answered: nobody waits for it any more, but its numbers still count.
    private(set) var isAnswered = false
    /// Of the written ones, everything before this one is settled.
    private var settledBelow = 0

    init(_ request: PublishRequest) {
        self.request = request
        outcomes = Array(repeating: nil, count: request.messages.count)
        unsettled = request.messages.count
    }

    /// All of it written before, with the numbers 1, 2, 3 …
    convenience init(written request: PublishRequest) {
        self.init(request)
        firstSequence = 1
        written = request.messages.count
    }

    /// Nothing more will be heard of it on the channel.
    var isFinished: Bool { settledBelow == written && (isAnswered || unsettled == 0) }
    var isWritten: Bool { isAnswered || written == (order?.count ?? request.messages.count) }

    private func position(_ index: Int) -> Int { order?[index] ?? index }
    func message(_ index: Int) -> AMQPMessage { request.messages[position(index)] }

    /// Counts the next message as written and returns it.
    func writeNext(sequence: UInt64) -> AMQPMessage {
        if written == 0 { firstSequence = sequence }
        written += 1
        return message(written - 1)
    }

    func contains(_ sequence: UInt64) -> Bool { sequence >= firstSequence && sequence - firstSequence < UInt64(written) }

    func settle(_ sequence: UInt64, _ outcome: AMQPPublishOutcome) {
        settle(index: Int(sequence - firstSequence), outcome)
        skipSettled()
    }

    func settle(through sequence: UInt64, _ outcome: AMQPPublishOutcome) {
        guard written > 0, sequence >= firstSequence else { return }
        for index in settledBelow..<max(settledBelow, min(written, Int(sequence - firstSequence) + 1)) { settle(index: index, outcome) }
        skipSettled()
    }

    /// The same for all that is not settled; none at all is settled too.
    func settleAll(_ outcome: AMQPPublishOutcome) {
        settle(through: firstSequence + UInt64(written), outcome)
        if unsettled == 0 { answer(.success(outcomes.map { $0 ?? .rejected })) }
    }

    private func settle(index: Int, _ outcome: AMQPPublishOutcome) {
        let position = position(index)
        guard outcomes[position] == nil else { return }
        outcomes[position] = returned[position] ?? outcome
        unsettled -= 1
        if unsettled == 0 { answer(.success(outcomes.map { $0 ?? .rejected })) }
    }

    private func skipSettled() {
        while settledBelow < written, outcomes[position(settledBelow)] != nil { settledBelow += 1 }
    }

    /// Notes that a written message came back; its confirm follows. True if it was one of these.
    func noteReturn(_ message: IncomingMessage, after sequence: UInt64, exactly: Bool) -> UInt64? {
        guard let reply = message.reply, written > 0, request.mandatory else { return nil }
        let start = sequence < firstSequence ? 0 : Int(sequence - firstSequence) + 1
        for index in max(start, settledBelow)..<max(start, settledBelow, written) {
            let position = position(index)
            guard outcomes[position] == nil, returned[position] == nil else { continue }
            guard request.messages[position].isSame(as: message, exactly: exactly) else { continue }
            returned[position] = .unroutable(replyCode: reply.code, replyText: reply.text)
            return firstSequence + UInt64(index)
        }
        return nil
    }

    /// Whether a message that is written and not settled goes to the exchange that the broker complains about.
    func isMeant(by text: String) -> Bool {
        (settledBelow..<max(settledBelow, written)).contains { index in
            outcomes[position(index)] == nil && text.contains("'\(message(index).exchange)'")
        }
    }

    /// The channel is gone: what is not settled is to be written again, on another one.
    func startOver() {
        let unsettled = request.messages.indices.filter { outcomes[$0] == nil }
        order = unsettled
        returned = [:]
        written = 0
        settledBelow = 0
    }

    func answer(_ result: Result<[AMQPPublishOutcome], any Error>) {
        guard !isAnswered else { return }
        isAnswered = true
        request.continuation.resume(with: result)
    }
}

extension AMQPMessage {
    /// Whether a returned message is this one; `exactly` includes the properties, which a broker may have changed.
    fileprivate func isSame(as message: IncomingMessage, exactly: Bool) -> Bool {
        exchange == message.envelope.exchange && routingKey == message.envelope.routingKey && properties.messageID == message.properties.messageID
            && body == message.body && (!exactly || properties == message.properties)
    }
}
