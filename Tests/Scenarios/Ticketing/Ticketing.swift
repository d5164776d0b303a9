import Foundation
import Platform
import Support
import Testing

@testable import Bookings
@testable import Events
@testable import Payments

/// The three services that own a sale, at work in one house with the world outside.
enum Ticketing {
    /// Runs the body among them, and has the schemas of `Contracts/` judge what is published.
    /// - Parameter expected: Routing keys that must be among those of the messages.
    static func open(
        at instant: Date? = nil, hearing expected: Set<String> = [], _ body: @Sendable (TestHouse, Outside) async throws -> Void
    ) async throws {
        try await TestHouse.open(at: instant) { house in
            let heard = try await house.judged {
                try await Outside.open { outside in
                    try await house.with(Payments.self, settings: outside.settings) { _ in
                        try await house.with(Bookings.self, settings: outside.settings) { _ in
                            try await house.with(Events.self, settings: outside.settings) { _ in
                                try await body(house, outside)
                            }
                        }
                    }
                }
            }
            #expect(expected.subtracting(heard).isEmpty)
        }
    }
}
