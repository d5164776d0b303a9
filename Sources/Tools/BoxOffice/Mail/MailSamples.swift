import Contracts
import Platform

/// Facts for every mail of every service, as a job or reaction could give them. A test compares them with what the
/// templates name.
enum MailSamples {
    /// The recipient's name.
    static let recipient = "Zoë"
    /// The web shop, for links.
    static let frontend = "https://shop.boxoffice.example"

    /// The facts of each template, by its name without language.
    /// - Parameter language: Of the few facts that are words: `en` or `es`.
    static func facts(in language: String) -> [String: [String: MailFact]] {
        booking.merging(campaigns) { $1 }.merging(ReportSamples.facts) { $1 }
            .merging(["organizer-report": report(in: language), "alert": alert, "health-report": ReportSamples.health]) { $1 }
    }

    private static let alert: [String: MailFact] = [
        "kind": .text("disk-space"), "subject": .text("/srv/uploads"), "service": .text("maintenance"),
        "since": .localTime("2026-11-26T03:00", zone: "UTC"), "summary": .text("4.1 % of the disk is free: 8.2 of 200 GB"),
        "advice": .text("Remove what is not needed, or give the disk more room."), "open": .text("yes"), "over": .text(""),
        "ended": .localTime("2026-11-26T03:00", zone: "UTC"),
        "figures": .list([["label": .text("freed by cleaning"), "value": .text("1.3 GB")]]),
    ]

    private static let concert: [String: MailFact] = [
        "event": .text("Carmen & Friends: a night at the opera"), "time": .localTime("2026-11-28T21:30", zone: "Europe/Madrid"),
        "place": .text("Gran Teatre del Liceu, La Rambla 51–59, Barcelona"),
    ]

    private static let booking: [String: [String: MailFact]] = {
        let booked = concert.with(["reference": .text("BK-7F3K2M"), "tickets": .number(2)])
        let reminder = concert.with(["reference": .text("BK-7F3K2M"), "quantity": .number(2), "starts": concert["time"] ?? .text("")])
            .filter { $0.key != "time" }
        return [
            "booking-confirmed": booked.with(["total": .money(Money(123_450, "EUR"))]),
            "booking-expired": booked,
            "booking-payment-failed": booked,
            "booking-event-cancelled": booked.with([
                "reason": .text("The stage is under water. We are looking for another date."), "refund": .money(Money(123_450, "EUR")),
            ]),
            "booking-refunded": booked.with(["amount": .money(Money(61_725, "EUR"))]),
            "refund-denied": booked.with(["tooLate": .text("yes"), "unpaid": .text(""), "spent": .text("")]),
            "event-reminder": reminder,
            "early-bird-reminder": reminder,
        ]
    }()

    private static let upcoming: [[String: MailFact]] = [
        concert.with(["price": .money(Money(61_725, "EUR")), "id": .text("1204")]),
        [
            "event": .text("Jazz by the river"), "time": .localTime("2026-12-03T20:00", zone: "Europe/London"), "place": .text("Dock 7, London"),
            "price": .money(Money(2_400, "GBP")), "id": .text("1377"),
        ],
        [
            "event": .text("Open rehearsal of the youth orchestra"), "time": .localTime("2026-12-05T11:00", zone: "America/New_York"),
            "place": .text(""), "price": .money(Money(0, "USD")), "id": .text("1402"),
        ],
    ]

    private static let campaigns: [String: [String: MailFact]] = {
        let unsubscribe = ["unsubscribe": MailFact.text("https://mail.boxoffice.example/unsubscribe?token=AbCdEfGhIjKlMnOpQrStUvWxYz012345")]
        return [
            "newsletter": unsubscribe.with(["events": .list(upcoming)]),
            "promotion": unsubscribe.with(upcoming[0]).with(["left": .number(38)]),
            "birthday": unsubscribe,
            "follow-up": unsubscribe.with(["event": concert["event"] ?? .text(""), "reference": .text("BK-7F3K2M")]),
            "re-engagement": unsubscribe.with(["events": .list(upcoming)]),
        ]
    }()

    private static func report(in language: String) -> [String: MailFact] {
        func amounts(_ money: Money...) -> MailFact { .list(money.map { ["money": .money($0)] }) }
        return [
            "month": .text(language == "es" ? "noviembre de 2026" : "November 2026"),
            "bookings": .number(1_284), "tickets": .number(3_071), "revenue": amounts(Money(8_412_350, "EUR"), Money(120_000, "USD")),
            "events": .list([
                [
                    "event": concert["event"] ?? .text(""), "bookings": .number(912), "tickets": .number(2_240),
                    "refunds": amounts(Money(123_450, "EUR")), "revenue": amounts(Money(8_212_350, "EUR")),
                ],
                [
                    "event": .text("Jazz by the river"), "bookings": .number(371), "tickets": .number(829), "refunds": amounts(),
                    "revenue": amounts(Money(200_000, "EUR"), Money(120_000, "USD")),
                ],
                [
                    "event": .text("Open rehearsal of the youth orchestra"), "bookings": .number(1), "tickets": .number(2),
                    "refunds": amounts(), "revenue": amounts(),
                ],
            ]),
            "more": .text("437"),
        ]
    }
}

extension [String: MailFact] {
    /// These facts and others; the others win.
    func with(_ others: Self) -> Self { merging(others) { $1 } }
}
