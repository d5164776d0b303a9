/// What is unusual about a half hour.
struct SalesLimits: Sendable {
    /// The most bookings and payments that are usual.
    let bookings: Int
    let payments: Int

    /// What an alert is about.
    enum Subject: String, Sendable, CaseIterable {
        case bookings
        case payments
        case silence

        /// The kind of its alert.
        var kind: String { self == .silence ? "sales-silence" : "sales-volume" }

        /// What to do about it.
        var advice: String {
            switch self {
            case .bookings, .payments: "See whether people or a program book, and raise the limit if this is usual by now."
            case .silence: "See whether the web shop and the payment gateway work: boxoffice doctor."
            }
        }
    }

    /// A sentence for people.
    struct Warning: Sendable, Equatable {
        let subject: Subject
        let text: String
    }

    /// An incident is over when the figure is at most this part of its limit: one that wavers around it is one incident.
    static let calm = 0.8

    /// The warnings about a half hour.
    func warnings(_ figures: SalesFigures) -> [Warning] {
        var warnings: [Warning] = []
        if figures.bookings > bookings {
            warnings.append(
                Warning(
                    subject: .bookings,
                    text: "\(figures.bookings) bookings in half an hour, more than \(bookings); \(figures.usualBookings) are usual at this time"))
        }
        if figures.payments > payments {
            warnings.append(
                Warning(
                    subject: .payments,
                    text: "\(figures.payments) payments in half an hour, more than \(payments); \(figures.usualPayments) are usual at this time"))
        }
        if figures.isSilent {
            warnings.append(Warning(subject: .silence, text: "no booking in an hour that had some in each of the last four weeks"))
        }
        return warnings
    }

    /// Whether there is evidence that an incident is over.
    func isOver(_ subject: Subject, _ figures: SalesFigures) -> Bool {
        switch subject {
        case .bookings: Double(figures.bookings) <= Double(bookings) * Self.calm
        case .payments: Double(figures.payments) <= Double(payments) * Self.calm
        case .silence: figures.bookings > 0
        }
    }
}
