import Contracts
import Platform

/// Carries payments through their lives: asks the gateway, gives up what never comes, and moves money back once.
@main
struct Payments: BackgroundService {
    static let name = "payments"
    static let schema = "payments"

    static func assemble(_ service: inout Assembly, _ settings: Settings) throws(ConfigurationError) {
    }
}
