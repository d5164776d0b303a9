import FoundationEssentials
import Platform

@testable import Analytics
@testable import Bookings
@testable import Console
@testable import Events
@testable import LoyaltyNotifier
@testable import Maintenance
@testable import Marketing
@testable import Payments
@testable import TickPublisher
@testable import TicketsCache

/// The services that are deployed, as Deploy/services lists them, with their types.
enum ServiceDeclarations {
    /// The types. One that Deploy/services does not have, or a line of it without a type here, fails a test.
    static let all: [any BackgroundService.Type] = [
        TickPublisher.self, TicketsCache.self, LoyaltyNotifier.self, Payments.self, Bookings.self, Events.self, Marketing.self,
        Analytics.self, Maintenance.self, Console.self,
    ]

    /// Of each line its words: the name and the secrets.
    static func lines() throws -> [[String]] {
        try Repository.text("Deploy/services").split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { $0.split(separator: " ").map(String.init) }
    }

    /// Values with which every service can be put together.
    static let values = [
        "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x", "AMQP_URL": "amqp://u:p@127.0.0.1:1/", "BYTEMARK_URL": "http://127.0.0.1:1",
        "PUSH_URL": "http://127.0.0.1:1", "PAYMENT_GATEWAY_URL": "http://127.0.0.1:1", "PAYMENT_GATEWAY_KEY": "x", "SMTP_HOST": "127.0.0.1",
        "SMTP_FROM": "tickets@boxoffice.example", "FRONTEND_URL": "http://127.0.0.1:1",
        "UNSUBSCRIBE_URL": "http://127.0.0.1:1", "UNSUBSCRIBE_KEY": String(repeating: "x", count: 32),
    ]
}

/// Files of the repository.
enum Repository {
    static let root = ProcessInfo.processInfo.environment["BOXOFFICE_ROOT"] ?? FileManager.default.currentDirectoryPath

    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(root)/\(path)")), as: UTF8.self)
    }
}
