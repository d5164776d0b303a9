import Contracts
import Platform

/// Facts for the mails with reports, as the jobs of analytics give them.
enum ReportSamples {
    /// The chart of the mails.
    static let chart = MailChart(
        labels: (12...25).map { "\($0)" },
        values: [210, 180, 240, 320, 510, 490, 130, 220, 205, 260, 350, 530, 505, 284],
        texts: ["210", "180", "240", "320", "510", "490", "130", "220", "205", "260", "350", "530", "505", "284"])

    /// The facts of each template, by its name without language.
    static var facts: [String: [String: MailFact]] {
        let common = [
            "bookings", "tickets", "newUsers", "activeUsers", "allUsers", "paymentsReceived", "paymentsFailed", "paymentsAbandoned", "bookingsMade",
            "bookingsCancelled", "bookingsRefunded", "newEvents", "eventsUnderWay", "eventsCompleted",
            "customers",
        ]
        let counts = Dictionary(
            uniqueKeysWithValues: common.enumerated().map { ($1, count(1284 - $0 * 83, change: $0 % 3 == 0 ? "+12.5 %" : "", isNew: $0 == 4)) })
        let all = counts.merging([
            "revenue": .list([
                ["value": .money(Money(8_412_350, "EUR")), "change": .text("−3.1 %"), "isNew": .text("")],
                ["value": .money(Money(120_000, "USD")), "change": .text(""), "isNew": .text("yes")],
            ]),
            "refunds": .list([["value": .money(Money(61_725, "EUR")), "change": .text(""), "isNew": .text("")]]),
            "confirmedShare": .list([["value": .text("81.5 %")]]), "successShare": .list([["value": .text("97 %")]]), "estimated": .text("yes"),
            "charts": .list([chart.facts(source: "cid:chart0.sample@boxoffice.example")]),
            "entries": .list([
                [
                    "rows": .list([
                        row("Carmen & Friends: a night at the opera", 240, share: "80 %", [Money(2_424_000, "EUR")]),
                        row("Jazz by the river", 88, share: "44 %", [Money(200_000, "EUR"), Money(120_000, "USD")]),
                    ])
                ]
            ]), "more": .text("12"),
        ]) { $1 }
        func only(_ left: [String], _ more: [String: MailFact]) -> [String: MailFact] { all.filter { !left.contains($0.key) }.merging(more) { $1 } }
        let end = MailFact.localTime("2026-11-25T23:00", zone: "Europe/Madrid")
        return [
            "daily-report": only(["customers"], ["period": .text("2026-11-25"), "end": end]),
            "weekly-report": only(
                ["bookingsMade", "bookingsCancelled", "bookingsRefunded", "newEvents", "eventsUnderWay", "eventsCompleted", "confirmedShare"],
                ["period": .text("2026-11-16 – 2026-11-23"), "end": end]),
            "monthly-summary": only(
                [
                    "customers", "paymentsReceived", "paymentsFailed", "paymentsAbandoned", "bookingsMade", "bookingsCancelled", "bookingsRefunded",
                    "eventsUnderWay", "confirmedShare", "successShare",
                ], ["period": .text("2026-10")]),
        ]
    }

    /// The facts of the mail with a health report, as maintenance gives them.
    static let health: [String: MailFact] = [
        "day": .text("2026-11-26"), "end": .localTime("2026-11-26T06:00", zone: "Europe/Madrid"), "count": .text("23"), "fine": .text(""),
        "findings": .list([
            [
                "finding": .text("12000 of 30000 rows of bookings.outbox are dead; last vacuum: 9 h ago"),
                "advice": .text("vacuum (verbose, analyze) bookings.outbox says what keeps them."),
            ],
            ["finding": .text("No process of payments runs"), "advice": .text("Start it, or remove its schedules and queues.")],
        ]), "more": .text("21"), "runs": .number(1_284), "size": .text("8.2 GB"),
        "services": .list([
            service("bookings", 2, memory: "41.3 MB", uptime: "3 d", waiting: 12, error: "A batch is requeued: the broker did not take a message"),
            service("payments", 0, memory: "", uptime: "", waiting: 0, error: ""),
        ]),
        "jobs": .list([["job": .text("bookings.cancel-expired"), "succeeded": .number(286), "failed": .number(1), "partial": .number(1)]]),
        "tables": .list([["table": .text("bookings.bookings"), "bytes": .text("2.1 GB")]]),
    ]

    private static func service(_ name: String, _ processes: Int, memory: String, uptime: String, waiting: Int, error: String) -> [String: MailFact] {
        [
            "service": .text(name), "processes": .number(processes), "memory": .text(memory), "uptime": .text(uptime), "waiting": .number(waiting),
            "failures": .number(processes), "error": .text(error),
        ]
    }

    private static func count(_ value: Int, change: String, isNew: Bool) -> MailFact {
        .list([["value": .number(value), "change": .text(change), "isNew": .text(isNew ? "yes" : "")]])
    }

    private static func row(_ title: String, _ tickets: Int, share: String, _ amounts: [Money]) -> [String: MailFact] {
        ["title": .text(title), "tickets": .number(tickets), "share": .text(share), "amounts": .list(amounts.map { ["money": .money($0)] })]
    }
}
