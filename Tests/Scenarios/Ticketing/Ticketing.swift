import Foundation
import Platform
import Support

@testable import Bookings
@testable import Events
@testable import Payments

/// The three services that own a sale, at work in one house with the world outside.
enum Ticketing {
    static func open(at instant: Date? = nil, _ body: @Sendable (TestHouse, Outside) async throws -> Void) async throws {
        try await TestHouse.open(at: instant) { house in
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
    }
}
