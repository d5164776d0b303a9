import Contracts
import FoundationEssentials

/// A booking of the demo with its payments and their history.
struct DemoSale: Sendable {
    let scenario: BookingScenario
    var booking: DemoBooking
    var payments: [DemoPayment] = []
    private let event: DemoEvent
    private let seed: Int
    private var random: SeededGenerator

    /// The booking of this number.
    init(_ number: Int, of event: DemoEvent, in company: DemoCompany) {
        var random = SeededGenerator(seed: company.seed, number: number &+ 1 << 40)
        let last = event.cancelledAt ?? min(event.startsAt, company.now)
        let quantity = [1, 2, 2, 2, 3, 4, 4, 6][Int.random(in: 0..<8, using: &random)]
        scenario = .any(in: event.scenario.phase, &random)
        // The booking is created early enough for its whole history to lie in the past.
        let time: TimeInterval =
            switch scenario {
            case .refunded, .refundRefused, .refundRequested, .refundDenied: 2 * .day
            default: 3 * .hour
            }
        booking = DemoBooking(
            number: number, reference: DemoBooking.reference(number, seed: company.seed), userId: Int.random(in: 1...company.users, using: &random),
            eventId: event.number, quantity: quantity, totalAmount: quantity * event.price, currency: event.currency,
            createdAt: random.date(in: event.createdAt...(last - time)))
        self.event = event
        self.seed = company.seed
        self.random = random
        switch scenario {
        case .fresh, .expired, .leftAtCheckout, .underWay, .slow, .stuck, .untold: begin(company.now)
        default: settle(last, company.now)
        }
    }

    /// Bookings of the last hour.
    private mutating func begin(_ now: Date) {
        func minutes(_ range: ClosedRange<Int>) -> TimeInterval { Double(Int.random(in: range, using: &random)) * .minute }
        switch scenario {
        case .fresh:
            booking.createdAt = now - minutes(1...6)
            pay(.pending)
        case .expired:
            booking.createdAt = now - minutes(11...14)
            pay(.pending)
        case .leftAtCheckout:
            booking.createdAt = now - minutes(20...25)
            pay(.pending)
        case .underWay: handOver(now - 3 * .minute)
        case .slow: handOver(now - 12 * .minute)
        case .stuck: handOver(now - 40 * .minute)
        default:
            booking.createdAt = now - minutes(20...55)
            confirm()
        }
    }

    /// Older bookings.
    private mutating func settle(_ last: Date, _ now: Date) {
        switch scenario {
        case .paidAtSecondTry:
            pay(.failed, at: booking.createdAt + 5 * .minute, because: "declined by the gateway")
            confirm(after: 6 * .minute)
            tell(now)
        case .paidTwice:
            confirm()
            confirm(after: 2 * .minute)
            refund(payments.count - 1, payments[0].amount, .double, at: booking.createdAt + .hour)
            tell(now)
        case .neverPaid: loseUnpaid()
        case .requestedUnpaid:
            loseUnpaid()
            booking.refundRequestedAt = booking.createdAt + .hour
        case .refunded: refund(last)
        case .refundRefused:
            refund(last)
            refuse("the card has expired")
        case .lateMoney: payLate()
        case .givenUp:
            booking.createdAt = now - 3 * .hour
            pay(.failed, at: now - 2 * .hour, because: "gateway timeout")
            payments[0].gatewayRecord = .success
            payments[0].askAt = now + Double(booking.number % 41 - 20) * .minute
            cancel(now - 2 * .hour, "payment failed")
        case .refundRequested, .refundDenied:
            confirm()
            tell(now)
            ask(now)
        default:
            confirm()
            tell(now)
        }
    }
}

extension DemoSale {
    /// Adds a payment of the whole booking; the gateway has a record of it unless it is pending or was never submitted.
    private mutating func pay(_ status: PaymentStatus, after pause: TimeInterval = 0, at decided: Date? = nil, because reason: String? = nil) {
        let number = booking.number * 2 - 1 + payments.count
        var payment = DemoPayment(
            number: number, bookingId: booking.number, userId: booking.userId, amount: booking.totalAmount, currency: booking.currency,
            gateway: number % 3 == 0 ? "wallet" : "card", reference: "demo-\(seed)-\(number)", status: status, createdAt: booking.createdAt + pause)
        let submitted = payment.createdAt + Double(Int.random(in: 20...240, using: &random))
        switch status {
        case .pending: break
        case .processing: payment.submittedAt = submitted
        case .succeeded:
            payment.submittedAt = submitted
            payment.paidAt = submitted + 20
            payment.gatewayRecord = .success
        case .failed:
            payment.submittedAt = submitted
            payment.failedAt = decided
            payment.failureReason = reason
            payment.gatewayRecord = .failed
        case .abandoned: payment.abandonedAt = decided
        case .voided: payment.voidedAt = decided
        }
        payments.append(payment)
    }

    private mutating func confirm(after pause: TimeInterval = 0) {
        pay(.succeeded, after: pause)
        booking.status = .confirmed
        booking.confirmedAt = booking.confirmedAt ?? payments.last?.paidAt.map { $0 + 1 }
    }

    /// Sets which mails of a confirmed booking were sent: the confirmation, and the reminders at nine and ten o'clock
    /// UTC.
    private mutating func tell(_ now: Date) {
        booking.confirmationSent = true
        let day = Date(timeIntervalSince1970: (event.startsAt.timeIntervalSince1970 / .day).rounded(.down) * .day)
        let reminded = day - 15 * .hour
        let early = day - 158 * .hour
        if event.startsAt <= now, booking.createdAt < reminded { booking.remindedAt = reminded }
        if event.startsAt <= now + 6 * .day, booking.createdAt < early { booking.remindedEarlyAt = early }
        booking.followUpSent = event.scenario == .archived
    }

    private mutating func cancel(_ instant: Date, _ reason: String) {
        booking.status = .cancelled
        booking.cancelledAt = instant
        booking.cancellationReason = reason
    }

    /// Submits a payment to the gateway, which will give one of four answers.
    private mutating func handOver(_ submitted: Date) {
        booking.createdAt = submitted - 2 * .minute
        pay(.processing)
        payments[0].submittedAt = submitted
        payments[0].gatewayRecord = [.success, .success, .failed, .pending, nil][booking.number % 5]
    }

    private mutating func loseUnpaid() {
        let lost = booking.createdAt + Double(Int.random(in: 11...14, using: &random)) * .minute
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            pay(.voided, at: lost)
            cancel(lost, "expired")
        case 1:
            pay(.abandoned, at: lost + 5 * .minute)
            cancel(lost + 5 * .minute, "payment abandoned")
        default:
            pay(.failed, at: lost, because: "declined by the gateway")
            cancel(lost, "payment failed")
        }
    }

    /// Paid, then refunded: on the customer's request, or because the organizer cancelled the event.
    private mutating func refund(_ last: Date) {
        confirm()
        booking.confirmationSent = true
        var share = 1.0
        var granted = last + Double(Int.random(in: 5...60, using: &random)) * .minute
        if event.scenario != .eventCancelled {
            let asked = random.date(in: (booking.createdAt + .hour)...(last - 3 * .hour))
            booking.refundRequestedAt = asked
            granted = asked + Double(Int.random(in: 1...115, using: &random)) * .minute
            if event.startsAt.timeIntervalSince(asked) < .day { share = 0.5 }
        }
        cancel(granted, event.scenario == .eventCancelled ? "event cancelled" : "refund approved")
        booking.refundApprovedAt = granted
        // Half is rounded in the customer's favour.
        let amount = share == 1 ? booking.totalAmount : (booking.totalAmount + 1) / 2
        booking.refundAmount = amount
        refund(0, amount, .approved, at: granted)
        booking.status = .refunded
        booking.refundedAt = granted + 2 * .minute
        booking.refundProcessed = true
    }

    private mutating func refund(_ payment: Int, _ amount: Int, _ cause: PaymentRefunded.Cause, at asked: Date) {
        payments[payment].refund = DemoPayment.Refund(amount: amount, cause: cause, requestedAt: asked, settledAt: asked + 2 * .minute)
    }

    /// The gateway refused the refund: a person has to check the booking.
    private mutating func refuse(_ reason: String) {
        payments[0].refund?.failure = reason
        booking.refundFailure = reason
        booking.status = .cancelled
        booking.refundedAt = nil
        booking.refundProcessed = false
    }

    private mutating func payLate() {
        let failed = booking.createdAt + 35 * .minute
        pay(.failed, at: failed, because: "gateway timeout")
        cancel(failed, "payment failed")
        payments[0].paidAt = failed + .hour
        payments[0].gatewayRecord = .success
        refund(0, booking.totalAmount, .late, at: failed + .hour)
        booking.refundAmount = booking.totalAmount
        booking.status = .refunded
        booking.refundedAt = failed + .hour + 3 * .minute
        booking.refundProcessed = true
    }

    /// Requests a refund; after the start it was denied.
    private mutating func ask(_ now: Date) {
        guard scenario == .refundDenied else {
            booking.refundRequestedAt = event.scenario.refundRequest(start: event.startsAt, now: now)
            return
        }
        booking.refundRequestedAt = event.startsAt + Double(Int.random(in: 0...15, using: &random)) * .hour
        booking.refundDenialReason = "the event had begun"
        booking.refundProcessed = true
    }
}
