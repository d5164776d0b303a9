import DequeModule

/// The transaction channels of a session: as many as batches were staged at the same time, kept for the next ones.
final class TransactionChannels {
    private unowned let session: ConnectionEventLoop
    private var channels: [TransactionChannel] = []

    init(_ session: ConnectionEventLoop) { self.session = session }

    /// Begins what waits and writes what is to be written; true when it could go on at once.
    func pump() throws -> Bool {
        while let request = session.pending.stagings.first, let channel = idle() {
            _ = session.pending.stagings.popFirst()
            try channel.begin(request)
        }
        var couldGoOn = false
        for channel in channels where try channel.pump() { couldGoOn = true }
        return couldGoOn
    }

    /// Without a channel number left, batches wait for others to be committed.
    private func idle() -> TransactionChannel? {
        if let channel = channels.first(where: \.isIdle) { return channel }
        guard let number = session.freeNumber() else { return nil }
        let channel = TransactionChannel(number, session)
        session.add(channel)
        channels.append(channel)
        return channel
    }

    /// False when nothing is staged under this identity: it was on a connection or channel that is gone.
    func commit(_ request: CommitRequest) -> Bool {
        guard let channel = channels.first(where: { $0.staged == request.staged }) else { return false }
        channel.commit(request)
        return true
    }

    func rollBack(_ staged: UInt64) throws { try channels.first { $0.staged == staged }?.rollBack() }

    func withdraw(_ id: UInt64) {
        for channel in channels { channel.withdraw(id) }
    }

    /// Answers requests whose time is up; returns when the next one's is.
    func expire(_ now: ContinuousClock.Instant, _ error: AMQPError) throws -> ContinuousClock.Instant? {
        try channels.compactMap { try $0.expire(now, error) }.min()
    }

    /// The session is over.
    func abandon(_ error: AMQPError) {
        for channel in channels { channel.abandon(error) }
    }
}
