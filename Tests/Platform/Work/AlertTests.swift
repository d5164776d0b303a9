import Contracts
import Foundation
import Platform
import Postgres
import Support
import Testing

@Suite("An incident is one alert, whoever finds it and however often")
struct AlertTests {
    private struct Nothing: TestParts {
        static func add(to service: inout ServiceBuilder) {}
    }

    private static let recipients = [
        Recipient(email: "ann@example.org", name: "Ann", language: nil), Recipient(email: "ops@example.org", name: "", language: nil),
    ]
    private static let alert = Alert(
        "disk-space", about: "/srv/\0uploads", summary: "3 % is free", advice: "Make room", figures: ["free": "3 GB"])

    @Test("It is opened and mailed once, ends and is mailed once, and the next incident is another row")
    func once() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Nothing>.self) { host async throws in
                func open() async throws -> Bool { try await host.runtime.transaction { try await $0.open(Self.alert, mailTo: Self.recipients) } }
                func end() async throws -> Bool {
                    try await host.runtime.transaction {
                        try await $0.endAlert("disk-space", about: Self.alert.subject, how: "20 % is free", mailTo: Self.recipients)
                    }
                }
                #expect(await host.runtime.ready())
                #expect(try await open())
                #expect(try await !open())
                #expect(try await environment.value("select count(*) from tickets.deliveries", as: Int.self) == 2)
                #expect(try await end())
                #expect(try await !end())
                #expect(try await environment.value("select count(*) from tickets.deliveries", as: Int.self) == 4)
                #expect(try await open())
                #expect(try await environment.value("select count(*) from operations.alerts", as: Int.self) == 2)
                #expect(try await environment.value("select count(*) from tickets.deliveries", as: Int.self) == 6)
            }
        }
    }

    @Test("Two that find it at once open it once")
    func race() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Nothing>.self) { host async throws in
                #expect(await host.runtime.ready())
                let opened = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 1...20 {
                        group.addTask { try await host.runtime.transaction { try await $0.open(Self.alert, mailTo: Self.recipients) } }
                    }
                    return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(opened == 1)
                #expect(try await environment.value("select count(*) from tickets.deliveries", as: Int.self) == 2)
            }
        }
    }

    @Test("No data is a state of its own: it ends nothing, and is over when the condition is seen again")
    func noData() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Nothing>.self) { host async throws in
                #expect(await host.runtime.ready())
                try await host.runtime.transaction { tx in
                    try await tx.open(Self.alert)
                    try await tx.noteNoData(about: Self.alert.subject, kind: "disk-space")
                }
                let silent = try await host.runtime.transaction { try await $0.openAlerts("disk-space") }
                #expect(silent.map(\.subject) == ["/srv/␀uploads"])
                #expect(silent.first?.noDataSince != nil)
                let opened = try await host.runtime.transaction { try await $0.open(Self.alert) }
                #expect(!opened)
                let seen = try await host.runtime.transaction { try await $0.openAlerts("disk-space") }
                #expect(seen.count == 1)
                #expect(seen.first?.noDataSince == nil)
            }
        }
    }

    @Test("A rolled back transaction leaves neither alert nor mail")
    func rolledBack() async throws {
        struct Failure: Error {}
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Nothing>.self) { host async throws in
                #expect(await host.runtime.ready())
                await #expect(throws: Failure.self) {
                    try await host.runtime.transaction { tx in
                        try await tx.open(Self.alert, mailTo: Self.recipients)
                        throw Failure()
                    }
                }
                #expect(
                    try await environment.value(
                        "select (select count(*) from operations.alerts) + (select count(*) from tickets.deliveries)", as: Int.self) == 0)
            }
        }
    }

    @Test("Another service's alert can be read and neither changed nor ended")
    func ownership() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(
                "insert into operations.alerts (kind, subject, service) values ('disk-space', '/srv/␀uploads', 'bookings')")
            try await environment.with(TestService<Nothing>.self) { host async throws in
                #expect(await host.runtime.ready())
                let ended = try await host.runtime.transaction { try await $0.endAlert("disk-space", about: Self.alert.subject, how: "no") }
                #expect(!ended)
                await #expect(throws: PostgresError.self) { _ = try await host.runtime.transaction { try await $0.open(Self.alert) } }
            }
        }
    }
}
