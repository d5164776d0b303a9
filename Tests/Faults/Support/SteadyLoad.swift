import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Synchronization
import Testing

/// A company at work: rides, refreshes and sales, a little of each in every round, whatever is away meanwhile; and what must have come of them.
///
/// What becomes of a sale goes by its event: those of the first expire, those of the second are kept, those of the third are paid and returned.
final class SteadyLoad: Sendable {
    private let fixture: FaultFixture
    private let expiring: Int
    private let kept: Int
    private let returned: Int
    private let rounds = Mutex(0)

    /// Rides of a round. Half of them are published twice; a member's 50th comes after 50 rounds.
    private static let members = 20
    private static let orders = 3

    private var environment: TestEnvironment { fixture.environment }

    private init(_ fixture: FaultFixture, expiring: Int, kept: Int, returned: Int) {
        (self.fixture, self.expiring, self.kept, self.returned) = (fixture, expiring, kept, returned)
    }

    /// Makes the events.
    static func begin(_ fixture: FaultFixture) async throws -> SteadyLoad {
        let start = fixture.environment.clock.now + 86_400 * 30
        let (expiring, kept) = (try await fixture.environment.shop.event(startsAt: start), try await fixture.environment.shop.event(startsAt: start))
        let returned = try await fixture.environment.shop.event(startsAt: start)
        return SteadyLoad(fixture, expiring: expiring, kept: kept, returned: returned)
    }

    /// Goes on until it is over.
    func run(until isOver: @Sendable () -> Bool) async throws {
        while !isOver() {
            let round = rounds.withLock { rounds in
                rounds += 1
                return rounds
            }
            try await ride(round)
            try await sell()
            try await retryingWhileDatabaseIsDown { try await self.wantRefreshes(round) }
            for job in Self.jobs { try await publish([try self.tick(job)]) }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private static let jobs = [
        JobName.bookingsCancelExpired, .bookingsProcessRefunds, .bookingsSendConfirmations, .ticketsCacheRefresh, .loyaltyNotifierNotify,
        .paymentsHandleTimeouts,
    ]

    /// How much there was.
    var summary: String {
        let rounds = rounds.withLock { $0 }
        return "\(rounds) rounds, \(rounds * Self.members) rides (half of them doubled)"
    }

    // MARK: - What happens

    private func ride(_ round: Int) async throws {
        let rides = (1...Self.members).flatMap { Rides.of($0, round...round) }
        let twice = rides + rides.prefix(rides.count / 2)
        try await publish(try twice.shuffled().map { try OutgoingMessage($0.0, from: "shop", at: environment.clock.now, id: $0.1).amqp })
    }

    /// Takes orders, tells the gateway of those that are to be paid, and reports each payment twice. An order whose commit was not heard of is told
    /// of in the next round.
    private func sell() async throws {
        let now = Date()
        try await retryingWhileDatabaseIsDown {
            _ = try await self.environment.shop.orders(Self.orders, of: self.expiring, at: now - 3600)
            for event in [self.kept, self.returned] {
                _ = try await self.environment.shop.orders(Self.orders, of: event, at: now - 60, submitted: now - 30)
            }
        }
        var open: [OpenOrder] = []
        try await retryingWhileDatabaseIsDown {
            open = try await self.environment.database.query(Self.openOrders, as: OpenOrder.self, [self.kept, self.returned])
        }
        guard !open.isEmpty else { return }
        try await fixture.stubs.transactions(open.map { .init($0.reference, "success", amount: $0.amount, currency: "EUR") })
        var messages: [AMQPMessage] = []
        for order in open {
            let report = PaymentGatewayReported(
                reference: order.reference, status: .success, money: Money(order.amount, "EUR"), occurredAt: now)
            messages += try ["1", "1", "2"].map {
                try OutgoingMessage(report, from: "shop", at: now, id: "\(order.reference)/\($0)").amqp
            }
            guard order.eventId == returned else { continue }
            let request = BookingRefundRequested(bookingId: order.bookingId, requestedAt: now)
            messages.append(try OutgoingMessage(request, from: "shop", at: now, id: "refund/\(order.bookingId)").amqp)
        }
        try await publish(messages)
    }

    /// Ten users want their passes refreshed; each has a token.
    private func wantRefreshes(_ round: Int) async throws {
        let users = (0..<10).map { 1_000_000 + (round * 10 + $0) % 200 }
        try await environment.database.execute(
            "insert into tickets.bytemark_tokens (user_id, token) select n, 'token-' || n from unnest($1::bigint[]) n on conflict do nothing", users)
        for user in users { try await fixture.stubs.passes(of: user, #"[{"uuid":"pass-\#(user)","status":"USABLE","time_created":"2026-01-01"}]"#) }
        try await environment.database.execute(
            "insert into tickets.refresh_log (user_id, activity_type) select n, 1 from unnest($1::bigint[]) n", users)
    }

    // MARK: - What must have come of it

    /// Waits for everything to come to its end, and expects that each thing happened once.
    func expectEverythingOnce() async throws {
        let rides = rounds.withLock { $0 }
        try await environment.eventually("what was begun does not come to its end") {
            for schema in ["loyalty", "payments", "bookings", "events"] { try await self.environment.endLeases(in: schema) }
            try await self.environment.database.execute("update tickets.refresh_state set next_attempt_at = now() where requested_since is not null")
            for job in Self.jobs { try await self.publish([try self.tick(job)]) }
            try await Task.sleep(for: .milliseconds(500))
            return try await self.environment.value(Self.ended, as: Bool.self, self.expiring, self.kept, self.returned, Self.members, rides) == true
        }
        try await environment.shop.booksBalance()
        #expect(try await environment.value("select count(*) from loyalty.rides", as: Int.self) == Self.members * rides)
        #expect(try await environment.value("select count(*) from loyalty.milestones", as: Int.self) == Self.members * (rides / 50))
        let refunds = try await fixture.stubs.refunds().map(\.transaction).sorted()
        let owed = try await environment.database.query(
            "select p.reference from payments.payments p join bookings.bookings b on b.id = p.booking_id where b.event_id = $1", as: String.self,
            returned)
        #expect(refunds == owed.sorted())
        for service in ["loyalty-notifier", "tickets-cache", "payments", "bookings", "events"] {
            #expect(try await environment.broker.get("\(service).parked") == nil, "\(service) has parked a message")
        }
        let keys = try await fixture.stubs.pushes().flatMap { push in push.userIds }
        #expect(Set(keys).count == (rides >= 50 ? Self.members : 0))
    }

    private struct OpenOrder: Decodable, Sendable {
        let bookingId: Int
        let eventId: Int
        let reference: String
        let amount: Int
    }

    private static let openOrders: SQL = """
        select p.booking_id, b.event_id, p.reference, p.amount
        from payments.payments p join bookings.bookings b on b.id = p.booking_id
        where p.status = 'processing' and b.event_id = any ($1)
        """

    private static let ended: SQL = """
        select (select count(*) from bookings.bookings where event_id = $1 and status <> 'cancelled') = 0
           and (select count(*) from bookings.bookings where event_id = $2 and status <> 'confirmed') = 0
           and (select count(*) from bookings.bookings where event_id = $3 and status <> 'refunded') = 0
           and (select count(*) from loyalty.members where rides = $5) = $4
           and (select count(*) from tickets.refresh_log where status = 0) = 0
        """

    // MARK: - However long what it needs is away

    private func tick(_ job: JobName) throws -> AMQPMessage {
        let now = Date()
        let tick = Tick(job: job, scheduledFor: now, trigger: .manual)
        return try OutgoingMessage(
            tick, exchange: Exchange.ticks, routingKey: job.rawValue, from: "test", at: now, id: "\(job.rawValue)@\(OutgoingMessage.newID())"
        ).amqp
    }

    /// Publishes until each is confirmed.
    private func publish(_ messages: [AMQPMessage]) async throws {
        var waiting = messages
        while !waiting.isEmpty {
            do {
                let outcomes = try await environment.broker.publish(waiting, timeout: .seconds(5))
                waiting = zip(waiting, outcomes).filter { $0.1 != .confirmed }.map(\.0)
            } catch is AMQPError {}
            if !waiting.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
        }
    }

    /// Does it again until the database has answered.
    private func retryingWhileDatabaseIsDown(_ body: () async throws -> Void) async throws {
        while true {
            do { return try await body() } catch is PostgresError { try await Task.sleep(for: .milliseconds(50)) }
        }
    }
}
