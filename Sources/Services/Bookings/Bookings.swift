import Contracts
import Platform

/// Carries bookings through their lives: confirms, cancels, refunds, and writes to the customer once.
@main
struct Bookings: BackgroundService {
    static let name = "bookings"
    static let schema = "bookings"

    static func assemble(_ service: inout Assembly, _ settings: Settings) throws(ConfigurationError) {
    }
}
