import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Payments

@Suite("payment.gateway-reported moves a payment as asking would")
struct GatewayReportedTests {
    @Test("Before anybody asks, a report decides; asking afterwards finds nothing to do")
    func beforePoll() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 700)
            try await fixture.add(2, age: 60)
            try await fixture.add(3, .processing, age: 60)
            try await fixture.report(1, .success, at: PaymentsFixture.noon - 10)
            try await fixture.report(2, .success)
            try await fixture.report(3, .failed)
            #expect(try await fixture.told(3).map(\.type) == ["payment.succeeded", "payment.succeeded", "payment.failed"])
            #expect(
                try await fixture.environment.value("select paid_at from payments.payments where id = 1", as: Date.self) == PaymentsFixture.noon - 10)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.asked().isEmpty)
        }
    }

    @Test("After asking, twice, and out of order: reports change nothing any more")
    func repeatedAndOutOfOrder() async throws {
        try await PaymentsFixture.open { fixture in
            for id in 1...2 { try await fixture.add(id, .processing, age: 700) }
            try await fixture.gateway(1, .success)
            try await fixture.gateway(2, .failed)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.told(2).count == 2)
            let before = try await fixture.state()
            for status in [PaymentGatewayReported.Status.success, .success, .pending, .failed, .abandoned] { try await fixture.report(1, status) }
            for status in [PaymentGatewayReported.Status.failed, .pending, .abandoned, .failed] { try await fixture.report(2, status) }
            try await fixture.settled()
            #expect(try await fixture.told(0).isEmpty)
            #expect(try await fixture.state() == before)
        }
    }

    @Test("Pending hands a payment over, since when the gateway says; the same in one breath with its end")
    func pending() async throws {
        try await PaymentsFixture.open { fixture in
            for id in 1...2 { try await fixture.add(id, age: 700) }
            try await fixture.report(1, .pending, at: PaymentsFixture.noon - 650)
            try await fixture.report(2, .pending, at: PaymentsFixture.noon - 650)
            try await fixture.report(2, .success)
            #expect(try await fixture.told(1).map(\.description) == ["payment.succeeded 2 1000"])
            try await fixture.environment.eventually("select status from payments.payments where id = 1", "processing")
            #expect(
                try await fixture.environment.value("select submitted_at from payments.payments where id = 1", as: Date.self) == PaymentsFixture.noon
                    - 650)
            try await fixture.run(.paymentsHandleTimeouts)
            #expect(try await fixture.asked() == ["R-1"])
        }
    }

    @Test(
        "Success of a payment that had been given up is late money: all of it goes back, once, and its status stays",
        arguments: [
            PaymentStatus.failed, .abandoned, .voided,
        ])
    func late(status: PaymentStatus) async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, status, age: 3600)
            try await fixture.gateway(1, .success)
            for _ in 1...3 { try await fixture.report(1, .success) }
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 1000 late"])
            try await fixture.settled()
            #expect(try await fixture.told(0).isEmpty)
            #expect(try await fixture.paidBack() == ["R-1 1000 EUR"])
            #expect(try await fixture.statuses() == [status.rawValue])
            #expect(try await fixture.breaches().isEmpty)
        }
    }

    @Test("A time-out, then success by report and by asking: all of it goes back, once")
    func lateByReportAndPoll() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 1801)
            try await fixture.run(.paymentsHandleTimeouts)
            try await fixture.gateway(1, .success)
            try await fixture.report(1, .success)
            #expect(try await fixture.told(2).map(\.type) == ["payment.failed", "payment.refunded"])
            fixture.environment.clock.advance(24 * 3600)
            try await fixture.run(.paymentsHandleTimeouts)
            try await fixture.report(1, .success)
            try await fixture.settled()
            #expect(try await fixture.told(0).isEmpty)
            #expect(try await fixture.paidBack() == ["R-1 1000 EUR"])
            #expect(try await fixture.asked() == ["R-1"])
        }
    }

    @Test("Of two payments of a booking that succeed, the second goes back and only the first is told as success")
    func double() async throws {
        try await PaymentsFixture.open { fixture in
            for id in 1...2 {
                try await fixture.add(id, .processing, age: 60, booking: 9)
                try await fixture.gateway(id, .success)
            }
            try await fixture.report(2, .success)
            #expect(try await fixture.told(1).map(\.description) == ["payment.succeeded 2 1000"])
            try await fixture.report(1, .success)
            #expect(try await fixture.told(1).map(\.description) == ["payment.refunded 1 1000 double"])
            #expect(try await fixture.statuses() == ["succeeded", "succeeded"])
            #expect(try await fixture.environment.value("select cause from payments.refunds where payment_id = 1", as: String.self) == "double")
            #expect(try await fixture.paidBack() == ["R-1 1000 EUR"])
            let left = try await fixture.environment.asRole("bookings") {
                try await $0.query("select left_amount from payments.payment_facts order by payment_id", as: Int.self)
            }
            #expect(left == [0, 1000])
        }
    }

    @Test("Two replicas hear of both payments of many bookings at once: one of each is the success, the other goes back")
    func doubleByReplicas() async throws {
        try await PaymentsFixture.open(replicas: 2) { fixture in
            for id in 1...60 {
                try await fixture.add(id, .processing, age: 60, booking: (id + 1) / 2)
                try await fixture.gateway(id, .success)
            }
            for id in (1...60).shuffled() { try await fixture.report(id, .success) }
            let told = try await fixture.told(60)
            #expect(told.filter { $0.type == "payment.succeeded" }.count == 30)
            #expect(told.filter { $0.type == "payment.refunded" }.count == 30)
            let once: SQL = """
                select count(*) from (
                    select p.booking_id from payments.payments p left join payments.refunds r on r.payment_id = p.id
                    group by p.booking_id having count(*) filter (where p.status = 'succeeded') = 2 and count(r.id) = 1) b
                """
            #expect(try await fixture.environment.value(once, as: Int.self) == 30)
            #expect(try await fixture.paidBack().count == 30)
        }
    }

    @Test("A report of a reference that nobody knows is parked after the last attempt with the reason, and the others are worked")
    func unknownReference() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 60)
            try await fixture.report(77, .success)
            try await fixture.report(1, .success)
            #expect(try await fixture.told(1).map(\.payment) == [1])
            let parked = try await fixture.environment.hurrying("payments.events") { try await fixture.environment.parked("payments") }
            #expect(parked.reason == "no payment has the reference R-77")
            #expect(parked.attempts == 5)
        }
    }

    @Test("A report that overtakes the row of its payment waits in a delay queue and is worked once the row is there")
    func overtaking() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.report(1, .success)
            try await fixture.environment.eventually("it waits") {
                try await fixture.environment.length(of: "payments.events.retry.1s") == 1
            }
            try await fixture.add(1, .processing, age: 60)
            #expect(try await fixture.told(1).map(\.payment) == [1])
            #expect(try await fixture.environment.length(of: "payments.parked") == 0)
        }
    }

    @Test("A report of another amount moves nothing and is for a person; of money that came already it is parked and names both")
    func anotherAmount() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 60)
            try await fixture.add(2, .succeeded, age: 60)
            try await fixture.report(1, .success, amount: 999)
            try await fixture.report(2, .success, amount: 999)
            #expect(try await fixture.environment.parked("payments").reason == "payment R-2: the gateway says 999 EUR, but it is 1000 EUR")
            try await fixture.environment.eventually("select count(*) from payments.payments where review_since is not null", 1)
            let review: SQL = "select reference || ' ' || review_reason || ' ' || taken_amount from payments.payments where review_since is not null"
            #expect(try await fixture.environment.value(review, as: String.self) == "R-1 the gateway says 999 EUR, but it is 1000 EUR 999")
            #expect(try await fixture.statuses() == ["processing", "succeeded"])
            #expect(try await fixture.told(0).isEmpty)
        }
    }

    @Test("The letter case of a currency does not matter")
    func letterCase() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .processing, age: 60)
            let data = #"{"reference":"R-1","status":"success","amount":1000,"currency":"eur","occurredAt":"2026-03-15T11:59:00Z"}"#
            try await fixture.environment.publish(raw: data, to: Exchange.events, "payment.gateway-reported", id: "small-letters")
            #expect(try await fixture.told(1).map(\.description) == ["payment.succeeded 1 1000"])
        }
    }

    @Test("A cancelled booking voids what was not handed over; what the gateway has is for the gateway to decide")
    func cancelled() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, age: 60, booking: 5)
            try await fixture.add(2, .processing, age: 60, booking: 5)
            try await fixture.add(3, age: 60, booking: 6)
            for _ in 1...2 {
                try await fixture.environment.publish(
                    BookingCancelled(
                        [.init(bookingId: 5, eventId: 1, userId: 7, quantity: 1), .init(bookingId: 9, eventId: 1, userId: 8, quantity: 1)],
                        reason: "expired", cancelledAt: PaymentsFixture.noon))
            }
            try await fixture.environment.eventually("select count(*) from payments.inbox", 2)
            #expect(try await fixture.statuses() == ["voided", "processing", "pending"])
            #expect(
                try await fixture.environment.value("select voided_at from payments.payments where id = 1", as: Date.self) == PaymentsFixture.noon)
            #expect(try await fixture.environment.value("select count(*) from payments.status_history", as: Int.self) == 1)
            try await fixture.report(2, .success)
            #expect(try await fixture.told(1).map(\.description) == ["payment.succeeded 2 1000"])
            #expect(try await fixture.run(.paymentsCleanupAbandoned).processed == 0)
        }
    }
}
