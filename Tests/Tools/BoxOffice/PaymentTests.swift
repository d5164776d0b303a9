import AMQP
import Postgres
import Support
import Testing

@Suite("boxoffice payment decides what only a person can say")
struct PaymentTests {
    private struct Waiting: Decodable {
        let reference: String
        let taken: String?
        let reason: String
    }

    private static let waiting: SQL = """
        insert into payments.payments (id, booking_id, user_id, amount, currency, gateway, reference, status, review_since, review_reason,
                                       taken_amount, taken_currency, taken_at)
        values (1, 1, 7, 4500, 'EUR', 'paystack', 'trx-1', 'processing', now(), 'another amount', 4400, 'EUR', now()),
               (2, 2, 7, 4500, 'EUR', 'paystack', 'trx-2', 'processing', null, null, null, null, null)
        """

    @Test("What waits is listed, with what the gateway took, and audit says what to do")
    func list() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(Self.waiting)
            let boxoffice = CommandLineTool(environment)
            let table = try await boxoffice("payment")
            #expect(table.status == 0, "\(table.errors)")
            #expect(table.output.contains("trx-1") && table.output.contains("4400 EUR") && !table.output.contains("trx-2"))
            let waiting = try await boxoffice("payment", "list", "--json").json(as: [Waiting].self)
            #expect(waiting.map(\.reference) == ["trx-1"])
            #expect(waiting.map(\.taken) == ["4400 EUR"])
            let audit = try await boxoffice("audit")
            #expect(audit.status == 1)
            #expect(audit.output.contains("another amount: boxoffice payment accept or give-back trx-1"))
        }
    }

    private static let refused: SQL = """
        with paid as (
            insert into payments.payments (id, booking_id, user_id, amount, currency, gateway, reference, status, paid_at)
            values (3, 3, 7, 4500, 'EUR', 'paystack', 'trx-3', 'succeeded', now()) returning id)
        insert into payments.refunds (payment_id, booking_id, amount, currency, cause, status, requested_at, settled_at, failure)
        select id, 3, 2250, 'EUR', 'approved', 'failed', now(), now(), 'account closed' from paid
        """

    @Test("A refund that the gateway refused is listed and told by the audit, and can be given back, but not accepted")
    func refused() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(Self.refused)
            let boxoffice = CommandLineTool(environment)
            let waiting = try await boxoffice("payment", "list", "--json").json(as: [Waiting].self)
            #expect(waiting.map(\.reference) == ["trx-3"])
            #expect(waiting.map(\.reason) == ["2250 EUR could not go back: account closed"])
            let audit = try await boxoffice("audit")
            #expect(audit.status == 0)
            #expect(audit.output.hasPrefix("the books balance\nmoney that could not go back;"))
            #expect(audit.lines.last == "trx-3      2250 EUR  account closed")
            #expect(try await boxoffice("audit", "--json").output.contains("2250 EUR refused: account closed: boxoffice payment give-back trx-3"))
            let accepted = try await boxoffice("payment", "accept", "trx-3")
            #expect(accepted.status == 1 && accepted.errors.contains("give-back asks the gateway again"))
            try await environment.broker.declare(
                .init(
                    queues: [.init("decisions", exclusive: true)],
                    bindings: [.init(queue: "decisions", exchange: "boxoffice.events", routingKey: "payment.decided")]))
            #expect(try await boxoffice("payment", "give-back", "trx-3").status == 0)
            #expect(try await environment.take("decisions").count == 1)
            try await environment.broker.delete(queue: "decisions")
        }
    }

    @Test("A decision is a message to the payments service; where nobody waits for one, or no queue takes it, the end is 1")
    func decide() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(Self.waiting)
            let boxoffice = CommandLineTool(environment)
            let other = try await boxoffice("payment", "accept", "trx-2")
            #expect(other.status == 1)
            #expect(other.errors == "boxoffice: no payment with the reference trx-2 waits for a decision: boxoffice payment list\n")
            let nobody = try await boxoffice("payment", "accept", "trx-1")
            #expect(nobody.status == 1)
            try await environment.broker.declare(
                .init(
                    queues: [.init("decisions", exclusive: true)],
                    bindings: [.init(queue: "decisions", exchange: "boxoffice.events", routingKey: "payment.decided")]))
            let decided = try await boxoffice("payment", "give-back", "trx-1", "--by", "ana")
            #expect(decided.status == 0, "\(decided.errors)")
            let body = try await environment.take("decisions").map { String(decoding: $0.body, as: UTF8.self) }
            #expect(body.count == 1)
            #expect(body.first?.contains(#""decision":"give-back""#) == true)
            #expect(body.first?.contains(#""decidedBy":"ana""#) == true)
            #expect(body.first?.contains(#""reference":"trx-1""#) == true)
            try await environment.broker.delete(queue: "decisions")
        }
    }
}
