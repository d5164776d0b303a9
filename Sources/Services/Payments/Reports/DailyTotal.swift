import Postgres

/// How often something happened to payments of one currency and gateway, and how much money it was.
struct DailyTotal: Codable, Sendable, Equatable {
    /// What can happen to a payment.
    enum Happened: String, Codable, Sendable, CaseIterable, PostgresDecodable {
        /// The shop began it; the gateway took it; it was given up.
        case created, succeeded, failed, abandoned, voided
        /// Money came in for a payment that had been given up.
        case late
        /// Money went back.
        case refunded
    }

    let happened: Happened
    let currency: String
    let gateway: String
    let count: Int
    /// Minor units of the currency.
    let amount: Int
}
