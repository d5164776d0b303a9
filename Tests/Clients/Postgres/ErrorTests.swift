import Postgres
import Testing

@Suite("Errors")
struct ErrorTests {
    @Test("A violated constraint is named, with its table, column and statement, and no value is in the description")
    func violations() async throws {
        try await TestDatabase.run { client in
            try await client.script("create table people (email text constraint one_email unique, age int not null check (age > 0))")
            try await client.execute("insert into people values ($1, 1)", "secret@example.com")
            let unique = try await postgresError { try await client.execute("insert into people values ($1, 2)", "secret@example.com") }
            #expect(unique.sqlState == .uniqueViolation)
            #expect(unique.constraint == "one_email" && unique.table == "people")
            #expect(unique.sql == "insert into people values ($1, 2)")
            #expect(unique.server?.detail?.contains("secret@example.com") == true)
            #expect(!"\(unique)".contains("secret"))
            #expect(!unique.isTransient)
            let null = try await postgresError { try await client.execute("insert into people values ('a')") }
            #expect(null.sqlState == .notNullViolation && null.column == "age")
            let check = try await postgresError { try await client.execute("insert into people values ('a', -1)") }
            #expect(check.sqlState == .checkViolation && check.constraint == "people_age_check")
            let invalid = try await postgresError { try await client.execute("select $1::int", "secret") }
            #expect(invalid.sqlState == .invalidTextRepresentation)
            #expect(!"\(invalid)".contains("secret"))
        }
    }

    @Test("A syntax error has its position; the connection goes on")
    func syntax() async throws {
        try await TestDatabase.run(with: { $0.maximumConnections = 1 }) { client in
            let error = try await postgresError { try await client.execute("select from where") }
            #expect(error.sqlState == .syntaxError && error.server?.position == 13)
            try await client.ping()
        }
    }

    @Test("Serialization failures and deadlocks are worth another try")
    func transient() async throws {
        try await TestDatabase.run { client in
            try await client.script("create table t (id int primary key, n int); insert into t values (1, 0), (2, 0)")
            let error = try await postgresError {
                try await client.transaction { first in
                    try await first.execute("set transaction isolation level repeatable read")
                    _ = try await first.query("select n from t")
                    try await client.execute("update t set n = 1 where id = 1")
                    try await first.execute("update t set n = 2 where id = 1")
                }
            }
            #expect(error.sqlState == .serializationFailure && error.isTransient)
        }
    }

    @Test("A statement of COPY that is sent as a query fails with advice")
    func copyAsQuery() async throws {
        try await TestDatabase.run { client in
            try await client.script("create table t (n int)")
            let error = try await postgresError { try await client.execute("copy t from stdin") }
            #expect(error.message.contains("copy(_:rows:)"))
            try await client.ping()
        }
    }
}

@Suite("Configuration")
struct ConfigurationTests {
    @Test(
        "A URL that cannot be used is refused in words that hold nothing of it",
        arguments: [
            ("", "empty"), ("postgresql://u:hunter2@h:x/db", "port"), ("postgresql://u:hunter2@h:99999/db", "port"),
            ("postgresql://u:hunter2@h/db?sslmode=perhaps", "sslmode"), ("postgresql://u:hunter2%zz@h/db", "percent-encoded"),
            ("postgresql://u:hunter2@[::1/db", "IPv6"), ("http://u:hunter2@h/db", "missing"), ("host=h password=hunter2 hunter2", "missing"),
            ("postgresql://u:hunter2@h/db?nonsense=hunter2", "parameter"),
        ])
    func refused(url: String, word: String) throws {
        let error = try #require(throws: PostgresConfigurationError.self) { try PostgresConfiguration(url: url) }
        #expect(error.description.contains(word), "\(error)")
        #expect(!error.description.contains("hunter2"))
    }

    @Test("A configuration describes itself without its password")
    func description() throws {
        let configuration = try PostgresConfiguration(url: "postgresql://ada:hunter2@db.example:5433/shop?sslmode=require")
        #expect(configuration.description == "ada@db.example:5433/shop")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("hunter2") && !String(reflecting: configuration).contains("hunter2"))
    }
}
