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
        at instant: Date? = nil, hearing expected: Set<String> = [], _ body: @Sendable (TestEnvironment, StubServices) async throws -> Void
    ) async throws {
        try await TestEnvironment.open(at: instant) { environment in
            try await environment.adoptSchedules()
            let heard = try await environment.judged {
                try await StubServices.open { stubs in
                    try await environment.with(Payments.self, settings: stubs.settings) { _ in
                        try await environment.with(Bookings.self, settings: stubs.settings) { _ in
                            try await environment.with(Events.self, settings: stubs.settings) { _ in
                                try await body(environment, stubs)
                            }
                        }
                    }
                }
            }
            #expect(expected.subtracting(heard).isEmpty)
        }
    }
}
