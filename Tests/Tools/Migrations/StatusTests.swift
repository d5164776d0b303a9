import Contracts
import Platform
import Postgres
import Support
import Testing

@testable import Payments
@testable import TickPublisher

/// A status is written down as an enum, as a check constraint, and for some in the audit's list of moves.
@Suite("A status has the same cases and moves in Swift, in the table and in the audit")
struct StatusTests {
    private static let columns: [(name: String, values: [String])] = [
        ("bookings.bookings.status", cases(BookingStatus.self)),
        ("events.events.status", cases(EventStatus.self)),
        ("payments.payments.status", cases(PaymentStatus.self)),
        ("payments.refunds.status", cases(Refund.Status.self)),
        ("operations.ticks.status", cases(TickStatus.self)),
        ("operations.job_runs.outcome", cases(RunOutcome.self)),
        ("bookings.deliveries.status", cases(DeliveryStatus.self)),
        ("payments.refunds.cause", cases(PaymentRefunded.Cause.self)),
        ("payments.payments.decision", cases(PaymentDecided.Decision.self)),
        ("bookings.deliveries.kind", cases(OutboundDelivery.Kind.self)),
        ("events.reminders.kind", cases(BookingReminded.Kind.self)),
        ("operations.schedules.misfire", cases(Tick.Misfire.self)),
        ("operations.job_runs.trigger", cases(Tick.Trigger.self)),
    ]

    @Test("The check constraint of a column allows the cases of its type and nothing else")
    func constraints() async throws {
        try await TestEnvironment.open { environment in
            for (column, values) in Self.columns {
                let allowed = try await environment.check(of: column)
                #expect(allowed.sorted() == values.sorted(), "\(column)")
            }
        }
    }

    @Test("The audit knows the legal moves of bookings, payments and events, and no other")
    func moves() async throws {
        try await TestEnvironment.open { environment in
            let audited = try await environment.value(
                "select substring(prosrc from '\\(values(.*?)\\)\\),') || ')' from pg_proc where proname = 'conservation'", as: String.self)
            let moves = try #require(audited).matches(of: /\('(\w+)', '(\w+)', '(\w+)'\)/).map { "\($0.1): \($0.2) → \($0.3)" }
            let legal =
                Self.moves(BookingStatus.self, "bookings") + Self.moves(PaymentStatus.self, "payments") + Self.moves(EventStatus.self, "events")
            #expect(moves.sorted() == legal.sorted())
        }
    }

    private static func cases<C: CaseIterable & RawRepresentable<String>>(_ type: C.Type) -> [String] {
        type.allCases.map(\.rawValue)
    }

    private static func moves<S: LifecycleStatus>(_ type: S.Type, _ domain: String) -> [String] {
        type.allCases.flatMap { status in status.successors.map { "\(domain): \(status.rawValue) → \($0.rawValue)" } }
    }
}

extension TestEnvironment {
    /// The texts in the check constraint of a column, which names no other column.
    fileprivate func check(of column: String) async throws -> [String] {
        let names = column.split(separator: ".").map(String.init)
        let definition = try await value(
            """
            select pg_get_constraintdef(c.oid) from pg_constraint c
            join pg_attribute a on a.attrelid = c.conrelid and c.conkey = array[a.attnum]
            where c.contype = 'c' and c.conrelid = format('%I.%I', $1::text, $2::text)::regclass and a.attname = $3
            """, as: String.self, names[0], names[1], names[2])
        return try #require(definition, "\(column) has no check").matches(of: /'([\w-]+)'/).map { String($0.1) }
    }
}
