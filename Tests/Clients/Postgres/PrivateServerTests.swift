import Foundation
import Logging
import Postgres
import Testing

@Suite("Restarts and TLS", .enabled(if: PrivateServer.isAvailable, "Deploy/local/postgres is not there"))
struct PrivateServerTests {
    private func client(_ url: String) throws -> PostgresClient {
        PostgresClient(try PostgresConfiguration(url: url), logger: Logger(label: "test"))
    }

    @Test("A client outlives its server: calls fail as transient while it is away and work when it is back", arguments: ["stop", "kill"])
    func restart(verb: String) async throws {
        try await PrivateServer.run { server in
            let client = try client(try server.setting("POSTGRES_URL"))
            try await client.script("create table t (n int)")
            let lost = try await postgresError {
                try await client.transaction { transaction in
                    try await transaction.execute("insert into t values (1)")
                    try await server.tell(verb)
                    try await transaction.execute("insert into t values (2)")
                }
            }
            guard case .connectionLost = lost else { throw Unexpected(what: "\(lost)") }
            let away = try await postgresError { try await client.ping() }
            #expect(away.isTransient)
            #expect(!client.isConnected)
            try await server.tell("start")
            try await TestDatabase.eventually("the client is back") {
                do { try await client.ping() } catch let error as PostgresError where error.isTransient { return false }
                return true
            }
            let rows = try await client.query("select n from t", as: Int.self)
            #expect(rows == [])
            await client.close()
        }
    }

    @Test("When the primary takes no more writes, every connection goes, and the next one is to the host that takes them")
    func failover() async throws {
        try await PrivateServer.run { first in
            try await PrivateServer.run { second in
                let (address, other) = (try first.url, try second.url)
                let port = try #require(try PostgresConfiguration(url: address).port)
                let otherPort = try #require(try PostgresConfiguration(url: other).port)
                // Both have the password of the first.
                let admin = try client(other)
                let password = try #require(address.split(separator: "@").first?.split(separator: ":").last)
                try await admin.script("alter role postgres password '\(password)'")
                await admin.close()
                let url = address.replacing("@127.0.0.1:\(port)/", with: "@127.0.0.1:\(port),127.0.0.1:\(otherPort)/")
                let client = try client(url)
                let whereWeAre: SQL = "select current_setting('port')"
                let before = try await client.query(whereWeAre, as: String.self)
                #expect(before == [port])
                try await client.script("alter system set default_transaction_read_only = on")
                try await client.script("select pg_reload_conf()")
                let error = try await eventualError(client) { try await client.script("create table if not exists t (n int)") }
                #expect(error.sqlState == .readOnlySQLTransaction && error.outage == .readOnly)
                let after = try await client.query(whereWeAre, as: String.self)
                #expect(after == [otherPort])
                try await client.script("create table t (n int)")
                await client.close()
            }
        }
    }

    /// The error of a call that fails once the server has heard of a change.
    private func eventualError(_ client: PostgresClient, _ body: @escaping () async throws -> Void) async throws -> PostgresError {
        var error: PostgresError?
        try await TestDatabase.eventually("the server has changed") {
            do { try await body() } catch let failure as PostgresError { error = failure }
            return error != nil
        }
        return try #require(error)
    }

    @Test("verify-full takes a server whose certificate the CA signed for its name, and no other")
    func tls() async throws {
        try await PrivateServer.run { server in
            let url = try server.setting("POSTGRES_URL")
            let trusted = try client("\(url)?sslmode=verify-full&sslrootcert=\(server.setting("POSTGRES_CA"))")
            let isEncrypted = try await trusted.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()", as: Bool.self)
            #expect(isEncrypted == [true])
            let blob = [UInt8](repeating: 1, count: 3_000_000)
            let back = try await trusted.query("select $1", as: [UInt8].self, blob)
            #expect(back == [blob])
            let task = Task { try await trusted.execute("select pg_sleep(60)") }
            try await TestDatabase.eventually("it sleeps") {
                try await trusted.query("select 1 from pg_stat_activity where wait_event = 'PgSleep'").count == 1
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            await trusted.close()

            let authority = server.folder + "/other.pem"
            try Self.otherAuthority.write(toFile: authority, atomically: true, encoding: .utf8)
            let untrusting = try client("\(url)?sslmode=verify-full&sslrootcert=\(authority)")
            let error = try await postgresError { try await untrusting.ping() }
            guard case .secureConnectionFailed = error else { throw Unexpected(what: "\(error)") }
            #expect(error.outage == .insecure)
            await untrusting.close()
        }
    }

    /// A certificate of an authority that has signed nothing; its key is gone.
    private static let otherAuthority = """
        -----BEGIN CERTIFICATE-----
        MIIBizCCATGgAwIBAgIUA3MUQEppC7Y1aaLWIYqew2SwhiEwCgYIKoZIzj0EAwIw
        GjEYMBYGA1UEAwwPTm9ib2R5IHdlIHRydXN0MCAXDTI2MTEyMTA4Mjk1NFoYDzIx
        MjYxMDI4MDgyOTU0WjAaMRgwFgYDVQQDDA9Ob2JvZHkgd2UgdHJ1c3QwWTATBgcq
        hkjOPQIBBggqhkjOPQMBBwNCAAT7na44FeXBtU+9+uMa/nRYkxQugdpZIkdaxrWl
        PhWl+xdu8sFTTLBi+oWIkGoub5TwbLV65LiCqWJfyQu/T1Y0o1MwUTAdBgNVHQ4E
        FgQUPHlyTcMj7FLNa4+1yMe3A7RK2rowHwYDVR0jBBgwFoAUPHlyTcMj7FLNa4+1
        yMe3A7RK2rowDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAoHQV
        S5igxwqEr+/eNwhuH9VV94o4Fzy65cTQwdCVggUCIDj5tlMjRzOtFSpwd023taof
        8Z/c7VofZ/68CfTvVd6G
        -----END CERTIFICATE-----

        """
}
