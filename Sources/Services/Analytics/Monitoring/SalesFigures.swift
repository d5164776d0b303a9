import Platform
import Postgres

/// What was sold in a half hour, and what is usual for it.
struct SalesFigures: Decodable, Sendable, Equatable {
    let bookings: Int
    let succeeded: Int
    let failed: Int
    let activeUsers: Int
    /// Nothing was booked in the last hour, though in the same hour of each of the last four weeks something was.
    let isSilent: Bool
    /// The mean of the same half hour of the last four weeks.
    let usualBookings: Double
    let usualPayments: Double

    /// Payments that succeeded or failed.
    var payments: Int { succeeded + failed }

    /// The body of the report.
    func body(_ warnings: [String]) -> PostgresJSON {
        PostgresJSON(
            Body(
                bookings: bookings, payments: .init(succeeded: succeeded, failed: failed), activeUsers: activeUsers,
                usual: .init(bookings: usualBookings, payments: usualPayments), warnings: warnings))
    }

    private struct Body: Encodable {
        struct Payments: Encodable {
            let succeeded: Int
            let failed: Int
        }
        struct Usual: Encodable {
            let bookings: Double
            let payments: Double
        }
        let bookings: Int
        let payments: Payments
        let activeUsers: Int
        let usual: Usual
        let warnings: [String]
    }
}
