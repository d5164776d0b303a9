import Postgres

/// How often something happened to payments of one currency and gateway, and the total amount.
struct DailyTotal: Codable, Sendable, Equatable {
    /// What can happen to a payment.
    enum Happened: String, Codable, Sendable, CaseIterable, PostgresDecodable {
        /// The shop began the payment; the gateway took the money; the payment ended without it.
        case created, succeeded, failed, abandoned, voided
        /// The gateway took the money of a payment that had been given up.
        case late
        /// Money was refunded.
        case refunded
    }

    let happened: Happened
    let currency: String
    let gateway: String
    let count: Int
    /// Minor units of the currency.
    let amount: Int
}
