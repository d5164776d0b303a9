import FoundationEssentials
import Logging
import Postgres
import Testing

@Suite("Outages")
struct OutageTests {
    /// A state, and the outage it means for any statement.
    static let table: [(SQLState, PostgresOutage?)] = [
        ("08000", .unreachable), ("08003", .unreachable), ("08006", .unreachable), ("08P01", .unreachable), ("57P01", .unreachable),
        ("57P02", .unreachable), ("57P03", .unreachable), ("57P04", .unreachable), ("57P05", .unreachable), ("25P03", .unreachable),
        ("25P04", .unreachable), ("28000", .loginRefused), ("28P01", .loginRefused), ("25006", .readOnly), ("53000", .exhausted),
        ("53100", .exhausted), ("53200", .exhausted), ("53300", .exhausted), ("53400", .exhausted), ("58000", .exhausted),
        ("58030", .exhausted), ("57014", nil), ("55P03", nil), ("55000", nil), ("3D000", nil), ("40001", nil), ("40P01", nil),
        ("23505", nil), ("22P02", nil), ("42501", nil), ("42P01", nil), ("54000", nil), ("58P01", nil), ("XX000", nil), ("0A000", nil),
    ]

    @Test("Each SQLSTATE that would hit any statement is an outage, and no other", arguments: table)
    func states(state: SQLState, outage: PostgresOutage?) {
        #expect(state.outage == outage)
        if outage != nil { #expect(state.isTransient) }
    }

    private func client(_ url: String, timeout: Duration = .seconds(30)) throws -> PostgresClient {
        var configuration = try PostgresConfiguration(url: url)
        configuration.connectTimeout = timeout
        return PostgresClient(configuration, logger: Logger(label: "test"))
    }

    @Test(
        "What a pooler says before there is a connection is read in any language, and is an outage",
        arguments: [
            ["SERROR", "VERROR", "C08P01", "Mpgbouncer cannot connect to server"], ["SERREUR", "C08P01", "Mla base ne répond pas"],
            ["SFATAL", "VFATAL", "C57P03", "Mthe database system is starting up"], ["SPANIC", "C53100", "Mno space left on device"],
            ["SERROR", "C0A000", "Mno such thing: ERROR"],
        ])
    func poolersWords(fields: [String]) async throws {
        let server = try RefusingServer(fields)
        defer { server.stop() }
        let client = try client("postgresql://user@127.0.0.1:\(server.port)/x")
        let error = try await postgresError { try await client.ping() }
        let (state, message) = (fields.first { $0.hasPrefix("C") }, fields.first { $0.hasPrefix("M") })
        #expect(error.sqlState?.rawValue == state.map { String($0.dropFirst()) })
        #expect(error.message.hasPrefix(message?.dropFirst() ?? "?"), "\(error)")
        #expect(error.isOutage && error.isTransient)
        await client.close()
    }

    @Test("A role that may not log in and a database that takes no connections are outages, told in the server's words")
    func locked() async throws {
        let name = "locked_" + UUID().uuidString.replacing("-", with: "").lowercased()
        let admin = PostgresClient(try TestDatabase.configuration(), logger: Logger(label: "test"))
        try await admin.script("create role \(name) password 'secret' nologin")
        try await admin.script("create database \(name) allow_connections false")
        let url = try TestDatabase.url
        let (at, slash) = (try #require(url.lastIndex(of: "@")), try #require(url.lastIndex(of: "/")))
        let refused: [(url: String, word: String)] = [
            ("postgresql://\(name):secret\(url[at...])", "not permitted to log in"),
            ("\(url[..<slash])/\(name)", "not currently accepting"),
        ]
        for (url, word) in refused {
            let client = try client(url)
            let error = try await postgresError { try await client.ping() }
            #expect(error.outage == .loginRefused && error.message.contains(word), "\(error)")
            await client.close()
        }
        try await admin.script("drop database \(name)")
        try await admin.script("drop role \(name)")
        await admin.close()
    }

    @Test("Each host has a time of its own to answer: behind one that hangs and one that refuses, the third is reached")
    func severalHosts() async throws {
        let silent = try RelayServer.silent()
        defer { silent.stop() }
        let gone = try RelayServer(to: 1)
        gone.stop()
        let url = try TestDatabase.url
        let port = try #require(try TestDatabase.configuration().port)
        let hosts = "127.0.0.1:\(silent.port),127.0.0.1:\(gone.port),127.0.0.1:\(port)"
        // The time of the real one is the machine's, which may be busy; the silent one takes all of it.
        let client = try client(url.replacing("127.0.0.1:\(port)", with: hosts), timeout: .seconds(2))
        try await client.ping()
        await client.close()
        let nobody = try self.client(
            "postgresql://user@127.0.0.1:\(silent.port),127.0.0.1:\(gone.port)/x", timeout: .milliseconds(100))
        let error = try await postgresError { try await nobody.ping() }
        #expect(error.outage == .unreachable)
        #expect(error.message.contains("127.0.0.1:\(silent.port) within") && error.message.contains("\(gone.port)"), "\(error)")
        await nobody.close()
    }

    @Test("A time limit of the server is told from an outage, and what the caller cancelled is neither")
    func timeLimits() async throws {
        try await TestDatabase.run(with: { $0.statementTimeout = .milliseconds(20) }) { client in
            let slow = try await postgresError { try await client.execute("select pg_sleep(60)") }
            #expect(slow.sqlState == .queryCanceled && slow.isTimeLimit && !slow.isOutage && slow.isTransient)
        }
        try await TestDatabase.run { client in
            try await client.script("create table t (n int)")
            try await client.transaction { transaction in
                try await transaction.execute("lock table t")
                let locked = try await postgresError {
                    try await client.transaction { other in
                        try await other.execute("set local lock_timeout = 20")
                        try await other.execute("insert into t values (1)")
                    }
                }
                #expect(locked.sqlState == .lockNotAvailable && locked.isTimeLimit && !locked.isOutage && locked.isTransient)
            }
        }
    }

    @Test("A statement timeout of zero goes over the role's")
    func noTimeLimit() async throws {
        try await TestDatabase.run(with: { $0.statementTimeout = .zero }) { client in
            let limit = try await client.query("select current_setting('statement_timeout')", as: String.self)
            #expect(limit == ["0"])
        }
    }

    @Test(
        "What is wrong with the URL itself is refused before anything is connected",
        arguments: [
            ("postgresql://u@a,b:1,c/db?port=1,2", "2 ports for 3 hosts"),
            ("postgresql://u@a/db?target_session_attrs=writable", "target_session_attrs"),
            ("postgresql://u@a/db?connect_timeout=soon", "connect_timeout"), ("postgresql://u@a/db?gssencmode=no", "gssencmode"),
        ])
    func wrongURL(url: String, word: String) throws {
        let error = try #require(throws: PostgresConfigurationError.self) { try PostgresConfiguration(url: url) }
        #expect(error.reason.contains(word), "\(error)")
    }
}
