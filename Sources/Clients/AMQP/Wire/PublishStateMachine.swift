import DequeModule

/// What is published on a channel with publisher confirms (https://www.rabbitmq.com/confirms.html), without I/O: who has which numbers, and
/// who is to be answered what.
struct PublishStateMachine<Caller> {
    typealias Batch = PublishBatch<Caller>

    /// Answers that are due; whoever uses the machine takes them out.
    var answers: [(caller: Caller, result: Result<[AMQPPublishOutcome], any Error>)] = []
    /// Written, at least in part, and not completely confirmed; in the order of their numbers. The last one may have messages to be written.
    private var inFlight: Deque<Batch> = []
    private var nextSequence: UInt64 = 1
    private var lastReturned: UInt64 = 0

    /// Whether the next message belongs to a batch that has begun.
    var hasUnwritten: Bool { inFlight.last.map { !$0.isWritten } ?? false }

    /// The channel is new: its numbers begin with 1.
    mutating func opened() {
        nextSequence = 1
        lastReturned = 0
    }

    /// Takes a batch that is written from now on.
    mutating func begin(_ batch: Batch) { inFlight.append(batch) }

    /// The next message to write.
    mutating func writeNext() -> (message: AMQPMessage, mandatory: Bool)? {
        guard let last = inFlight.last, !last.isWritten else { return nil }
        defer { nextSequence += 1 }
        return (last.writeNext(sequence: nextSequence), last.mandatory)
    }

    /// The broker has confirmed or rejected a number, or with `multiple` all up to it.
    mutating func settle(_ sequence: UInt64, multiple: Bool, _ outcome: AMQPPublishOutcome) {
        let end = firstIndex(behind: sequence)
        for index in (multiple ? 0 : max(0, end - 1))..<end {
            let batch = inFlight[index]
            if multiple { batch.settle(through: sequence, outcome) } else { batch.settle(sequence, outcome) }
            if let result = batch.result { answer(batch, .success(result)) }
        }
        dropFinished()
    }

    /// The first batch whose numbers are all behind this one.
    private func firstIndex(behind sequence: UInt64) -> Int {
        var (low, high) = (0, inFlight.count)
        while low < high {
            let middle = (low + high) / 2
            if inFlight[middle].firstSequence <= sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func answer(_ batch: Batch, _ result: Result<[AMQPPublishOutcome], any Error>) {
        guard !batch.isAnswered else { return }
        batch.isAnswered = true
        answers.append((batch.caller, result))
    }

    private mutating func dropFinished() {
        while inFlight.first?.isFinished ?? false { inFlight.removeFirst() }
    }

    /// Messages come back in the order in which they were published, each before its confirm; the broker does not say which number it had.
    mutating func returned(_ message: IncomingMessage) {
        for exactly in [true, false] {
            for batch in inFlight {
                guard let sequence = batch.noteReturn(message, after: lastReturned, exactly: exactly) else { continue }
                lastReturned = sequence
                return
            }
        }
    }

    /// The broker closes the channel for one message it refuses; returns the batches that it does not mean, to be written again.
    mutating func closed(_ error: AMQPError) -> [Batch] {
        let affected = inFlight.filter { !$0.isAnswered }
        inFlight = []
        let meant = Set(affected.filter { $0.isMeant(by: error.description) }.map(\.id))
        var again: [Batch] = []
        for batch in affected {
            if meant.isEmpty || meant.contains(batch.id) {
                answers.append((batch.caller, .failure(error)))
            } else {
                batch.startOver()
                again.append(batch)
            }
        }
        return again
    }

    /// Answers those whose time is up; returns when the next one's is.
    mutating func expire(_ now: ContinuousClock.Instant, _ error: AMQPError) -> ContinuousClock.Instant? {
        for batch in inFlight where batch.deadline <= now { answer(batch, .failure(error)) }
        dropFinished()
        return inFlight.lazy.filter { !$0.isAnswered }.map(\.deadline).min()
    }

    /// The connection is gone.
    mutating func abandon(_ error: AMQPError) {
        for batch in inFlight { answer(batch, .failure(error)) }
        inFlight = []
    }
}
