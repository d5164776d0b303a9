import FoundationEssentials
import Logging
import Postgres
import Testing

/// The server of `TEST_POSTGRES_URL`, and on it a schema for each test alone.
enum TestDatabase {
    static var url: String {
        get throws {
            try #require(ProcessInfo.processInfo.environment["TEST_POSTGRES_URL"], "TEST_POSTGRES_URL names no PostgreSQL server")
        }
    }

    static func configuration() throws -> PostgresConfiguration {
        var configuration = try PostgresConfiguration(url: url)
        // A machine that does much else at once is slow, not broken.
        configuration.connectTimeout = .seconds(30)
        return configuration
    }

    nonisolated(nonsending) static func run(_ body: nonisolated(nonsending) (PostgresClient) async throws -> Void) async throws {
        try await run(with: { _ in }, body)
    }

    /// Runs the body with a client whose schema is new and empty, and drops that afterwards.
    nonisolated(nonsending) static func run(
        with change: (inout PostgresConfiguration) -> Void, _ body: nonisolated(nonsending) (PostgresClient) async throws -> Void
    ) async throws {
        let schema = "test_" + UUID().uuidString.replacing("-", with: "").lowercased()
        let admin = PostgresClient(try configuration(), logger: Logger(label: "test"))
        try await admin.script("create schema \(schema)")
        var configuration = try configuration()
        configuration.searchPath = schema
        change(&configuration)
        let client = PostgresClient(configuration, logger: Logger(label: "test"))
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(client))
        } catch {
            outcome = .failure(error)
        }
        await client.close()
        try await admin.script("drop schema \(schema) cascade")
        await admin.close()
        try outcome.get()
    }

    /// Waits until a condition holds; the limit is there for hangs only.
    static func eventually(_ what: Comment, _ condition: () async throws -> Bool) async throws {
        let limit = ContinuousClock.now + .seconds(30)
        while try await !condition() {
            guard ContinuousClock.now < limit else {
                Issue.record("never happened: \(what)")
                return
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// The error of an operation that must fail as a `PostgresError`.
func postgresError(_ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) async throws -> PostgresError {
    do {
        try await body()
    } catch let error as PostgresError {
        return error
    }
    throw Unexpected(what: "no error at \(sourceLocation)")
}

struct Unexpected: Error {
    let what: String
}
