import Contracts
import Platform

/// Carries events through their lives, keeps the inventory of their tickets and reminds those who come.
@main
struct Events: BackgroundService {
    static let name = "events"
    static let schema = "events"

    static func assemble(_ service: inout Assembly, _ settings: Settings) throws(ConfigurationError) {
    }
}
