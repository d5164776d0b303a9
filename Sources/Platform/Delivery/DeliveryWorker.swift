import FoundationEssentials
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Sends the deliveries of one channel: claims them with a lease, sends them with their dedupe key as idempotency key,
/// and marks them.
///
/// A delivery whose worker died is claimed again when its lease is over and sent with the same key. A failed delivery
/// is retried with backoff, at most as often as the channel says, then parked; one that is refused for good is marked
/// `bounced` at once.
struct DeliveryWorker: Service {
    private static let firstPause = Duration.seconds(5)
    private static let longestPause = Duration.seconds(3600)
    /// Longer than a channel takes to time out on one delivery.
    private static let lease: TimeInterval = 90
    private static let poll = Duration.seconds(1)
    /// How often a delivery is tried before it is parked when the channel itself is refused: quotas are renewed after a
    /// day, settings are fixed after a weekend.
    private static let attemptsWhileRefused = 72
    /// How often a round claims again when all that it claimed was withheld: its transaction must stay short.
    private static let claimsOfRound = 50
    /// How long a stopping service waits for the deliveries that are being sent. Those that are unfinished then are
    /// left to their leases.
    private static let shutdownGrace = Duration.seconds(5)

    private let runtime: ServiceRuntime
    private let channel: any DeliveryChannel
    private let registration: ChannelRegistration
    private let wakeUp: AsyncSignal
    private let pause: ChannelPause
    private let outcomes: @Sendable (DeliveryStatus) -> Counter

    init(_ runtime: ServiceRuntime, _ registration: ChannelRegistration) {
        self.runtime = runtime
        self.registration = registration
        channel = registration.channel
        let kind = channel.kind.rawValue
        pause = ChannelPause(channel.kind, logger: runtime.logger)
        self.wakeUp = runtime.deliveriesFilled[OutboundDelivery.Kind.allCases.firstIndex(of: channel.kind) ?? 0]
        self.outcomes = { Metric.deliveries(kind, $0.rawValue) }
    }

    func run() async throws {
        guard await runtime.ready() else { return }
        pause.begin()
        let stopping = AsyncLatch()
        await withGracefulShutdownHandler {
            await withTaskGroup { group in
                group.addTask {
                    let isStopping = { @Sendable in stopping.isOpen || Task.isCancelled }
                    await runtime.repeating(every: Self.poll, or: wakeUp, complaint: "The delivery worker waits", until: isStopping) {
                        try await pool.run(isStopping: isStopping)
                    }
                }
                group.addTask {
                    await stopping.wait()
                    try? await Task.sleep(for: Self.shutdownGrace)
                }
                await group.next()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            stopping.open()
            wakeUp.raise()
        }
    }

    private var pool: LeasedWorkPool<Claimed, Outcome> {
        LeasedWorkPool(concurrency: channel.inFlight, logger: runtime.logger) { finished in
            finished.count { $0.1.status == .sent }
        } recordAndClaim: { finished, free in
            let wanted = pause.wanted(free, of: channel.inFlight, at: runtime.clock.now)
            guard wanted > 0 || !finished.isEmpty else { return [] }
            return try await recordAndClaim(finished, wanted)
        } perform: { claimed in
            let trace = claimed.traceparent.flatMap(TraceContext.init(traceparent:))
            return await TraceContext.$current.withValue(trace) { await send(claimed) }
        }
    }

    /// Marks the finished deliveries and claims replacements, in one transaction. If that fails because of a delivery,
    /// the deliveries are marked in halves: those whose marks are lost would be sent again when their leases are over.
    private func recordAndClaim(_ finished: [(Claimed, Outcome)], _ wanted: Int) async throws -> [Claimed] {
        do {
            return try await transact(finished[...], wanted)
        } catch  where error.isPermanent && !finished.isEmpty {
            runtime.logger.warning("Recording deliveries in halves", error: error, metadata: ["deliveries": "\(finished.count)"])
        }
        try await Division.process(finished[...]) { some in
            _ = try await transact(some, 0)
        } failed: { element, error in
            try await park(element.0, element.1, error)
        }
        return try await transact([], wanted)
    }

    /// The transaction of one round.
    private func transact(_ finished: ArraySlice<(Claimed, Outcome)>, _ wanted: Int) async throws -> [Claimed] {
        let marks = Marks(finished, now: runtime.clock.now)
        let (claimed, withheld) = try await runtime.retriedTransaction("The delivery worker") { tx in
            try await record(marks, tx)
            return wanted > 0 ? try await claim(wanted, tx) : ([], 0)
        }
        for (status, count) in marks.counts { outcomes(status).increment(by: count) }
        if withheld > 0 { outcomes(.suppressed).increment(by: withheld) }
        return claimed
    }

    /// Claims deliveries that may still be sent; the others end here. An empty claim means that nothing is due, or that all
    /// of the last ones were withheld: the next round goes on.
    /// - Returns: the claim, and how many were withheld.
    private func claim(_ wanted: Int, _ tx: Transaction) async throws -> (claimed: [Claimed], withheld: Int) {
        var ended = 0
        for _ in 1...Self.claimsOfRound {
            let permitted = try await channel.permit(wanted, tx)
            guard permitted > 0 else { break }
            let claimed = try await tx.query(
                Self.claim, as: Claimed.self, channel.kind.rawValue, tx.now, tx.now + Self.lease, permitted, channel.isScheduled)
            let withheld = try await channel.withheld(claimed.map { ($0.dedupeKey, Array($0.payload.utf8)) }, tx)
            try channel.giveBack(permitted - claimed.count + withheld.count, tx)
            guard !withheld.isEmpty else { return (claimed, ended) }
            let marks = claimed.compactMap { claimed in withheld[claimed.dedupeKey].map { (claimed, Outcome(status: .suppressed, reason: $0)) } }
            try await mark(Marks(marks, now: tx.now), tx)
            ended += withheld.count
            if withheld.count < claimed.count { return (claimed.filter { withheld[$0.dedupeKey] == nil }, ended) }
        }
        return ([], ended)
    }

    /// Parks a delivery whose outcome cannot be recorded, so that it is not sent again and again. The service's
    /// callback is not called: it may be what failed.
    private func park(_ claimed: Claimed, _ outcome: Outcome, _ error: any Error) async throws {
        let reason = "\(outcome), but this cannot be recorded: \(error)"
        runtime.logger.error("A delivery is parked", metadata: ["delivery": "\(claimed.dedupeKey)", "reason": "\(reason)"])
        let marks = Marks([(claimed, Outcome(status: .parked, reason: reason))], now: runtime.clock.now)
        try await runtime.retriedTransaction("The delivery worker") { try await mark(marks, $0) }
        outcomes(.parked).increment()
    }

    private func send(_ claimed: Claimed) async -> Outcome {
        let reason: String
        let asked: Duration?
        var limit = channel.attempts
        do {
            let payload = Array(claimed.payload.utf8)
            if claimed.attempts > 1 {
                try await channel.resend(payload, key: claimed.dedupeKey)
            } else {
                try await channel.send(payload, key: claimed.dedupeKey)
            }
            pause.note(nil, at: runtime.clock.now)
            return Outcome(status: .sent)
        } catch {
            pause.note(error, at: runtime.clock.now)
            switch error {
            case .refused(let why, let isAddressDead):
                runtime.logger.error("A delivery was refused", metadata: ["delivery": "\(claimed.dedupeKey)", "reason": "\(why)"])
                return Outcome(status: .bounced, reason: why, isAddressDead: isAddressDead)
            case .later(let why, let after, let most):
                (reason, asked) = (why, after)
                limit = limit.map { min($0, most ?? $0) }
            case .channelRefused(let why, _, _, let after):
                (reason, asked) = (why, after)
                limit = limit.map { max($0, Self.attemptsWhileRefused) }
            }
        }
        if let limit, claimed.attempts >= limit {
            runtime.logger.error(
                "A delivery is parked", metadata: ["delivery": "\(claimed.dedupeKey)", "attempts": "\(claimed.attempts)", "reason": "\(reason)"])
            return Outcome(status: .parked, reason: reason)
        }
        let pause = Backoff.pause(after: claimed.attempts - 1, first: Self.firstPause, longest: Self.longestPause)
        return Outcome(status: .queued, reason: reason, pause: max(asked ?? .zero, pause))
    }

    private func record(_ marks: Marks, _ tx: Transaction) async throws {
        guard !marks.ids.isEmpty else { return }
        try await mark(marks, tx)
        if !marks.sentKeys.isEmpty { try await registration.onSent?(marks.sentKeys, tx) }
        if !marks.refused.isEmpty { try await registration.onRefused?(marks.refused, tx) }
    }

    private func mark(_ marks: Marks, _ tx: Transaction) async throws {
        try await tx.execute(Self.mark, marks.ids, marks.statuses.map(\.rawValue), marks.errors, marks.next, tx.now)
    }

    private struct Claimed: Decodable, Sendable {
        let id: Int
        let dedupeKey: String
        let payload: String
        let attempts: Int
        let traceparent: String?
    }

    /// What became of a delivery: its new status, the other side's reason, and the pause before it is tried again.
    private struct Outcome: Sendable, CustomStringConvertible {
        let status: DeliveryStatus
        var reason: String?
        var pause = Duration.zero
        var isAddressDead = false

        var description: String {
            guard let reason else { return "it was \(status.rawValue)" }
            return "it \(status == .bounced ? "was refused" : "failed") (\(reason))"
        }
    }

    private struct Marks {
        var ids: [Int] = []
        var statuses: [DeliveryStatus] = []
        var errors: [String?] = []
        var next: [Date] = []
        var sentKeys: [String] = []
        var refused: [FailedDelivery] = []

        /// Reasons quote the other side's response; they are made storable here and nowhere else.
        init(_ finished: some Sequence<(Claimed, Outcome)>, now: Date) {
            for (claimed, outcome) in finished {
                let reason = outcome.reason?.storable()
                ids.append(claimed.id)
                statuses.append(outcome.status)
                errors.append(reason)
                next.append(now + outcome.pause.timeInterval)
                switch outcome.status {
                case .sent: sentKeys.append(claimed.dedupeKey)
                case .bounced, .parked:
                    refused.append(FailedDelivery(dedupeKey: claimed.dedupeKey, reason: reason ?? "", isAddressDead: outcome.isAddressDead))
                case .queued, .suppressed: break
                }
            }
        }

        var counts: [DeliveryStatus: Int] { Dictionary(statuses.map { ($0, 1) }, uniquingKeysWith: +) }
    }
}
