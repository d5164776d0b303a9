import FoundationEssentials
import Postgres
import Testing

@Suite("Statements")
struct QueryTests {
    @Test("A parameter comes back as it went")
    func echo() async throws {
        try await TestDatabase.run { client in
            let rows = try await client.query("select $1 + 1 as next, $2::text as word", 41, "zwölf")
            #expect(try rows[0].get("next", as: Int.self) == 42)
            #expect(try rows[0].decode(String.self, at: 1) == "zwölf")
            #expect(rows.count == 1)
        }
    }

    @Test("Rows become structs by the names of their columns")
    func structs() async throws {
        struct Person: Decodable, Equatable {
            enum Mood: String, Decodable { case glad, sad }
            struct Address: Decodable, Equatable {
                let town: String
                let since: Date
            }
            let id: Int
            let firstName: String
            let mood: Mood
            let nickname: String?
            let address: Address
            let tags: [String]
            let missing: Int?
        }
        try await TestDatabase.run { client in
            try await client.script("create type mood as enum ('glad', 'sad')")
            let people = try await client.query(
                """
                select 1::smallint as id, 'Ada' as first_name, 'glad'::mood as mood, null::text as nickname, 17 as ignored,
                    '{"town": "London", "since": "2024-02-29T12:00:00.250Z"}'::jsonb as address, array['a', 'b'] as tags
                """, as: Person.self)
            #expect(people.count == 1)
            let person = try #require(people.first)
            #expect(person.address.town == "London")
            #expect(person.address.since == Date(timeIntervalSince1970: 1_709_208_000.25))
            #expect(person.mood == .glad && person.nickname == nil && person.tags == ["a", "b"] && person.missing == nil)
            #expect(person.firstName == "Ada" && person.id == 1)
        }
    }

    @Test("Scalars, optionals and enums take the first column")
    func scalars() async throws {
        enum Level: Int, Decodable { case low = 1, high }
        try await TestDatabase.run { client in
            let numbers = try await client.query("select generate_series(1, 3)", as: Int.self)
            #expect(numbers == [1, 2, 3])
            #expect(try await client.query("values (1), (null)", as: Int?.self) == [1, nil])
            #expect(try await client.query("select 2", as: Level.self) == [.high])
            #expect(try await client.query("values (2), (null)", as: Level?.self) == [.high, nil])
            #expect(try await client.query("select true", as: Bool.self) == [true])
            #expect(try await client.query("select '[1, 2]'::jsonb", as: [Int].self) == [[1, 2]])
        }
    }

    @Test("An enum or an identifier with a raw value is a parameter and a value like it")
    func rawValues() async throws {
        enum Status: String, PostgresEncodable, PostgresArrayElement, PostgresDecodable, Decodable { case open, closed }
        struct Number: RawRepresentable, PostgresEncodable, PostgresDecodable, Equatable { let rawValue: Int }
        try await TestDatabase.run { client in
            let row = try await client.query("select $1::text, $2::text[], $3", Status.open, [Status.closed, .open], Number(rawValue: 7))[0]
            #expect(try row.decode(Status.self, at: 0) == .open)
            #expect(try row.decode([Status].self, at: 1) == [.closed, .open])
            #expect(try row.decode(Number.self, at: 2) == Number(rawValue: 7))
            let wrong = await #expect(throws: PostgresDecodingError.self) { _ = try await client.query("select 'secret'", as: Status.self) }
            #expect(wrong?.description == "row 0: column \"?column?\" does not become Status: it holds no known Status")
        }
    }

    @MainActor
    @Test("The body of a transaction runs where its caller does and may change what is the caller's")
    func isolation() async throws {
        final class Tally { var count = 0 }
        let tally = Tally()
        try await TestDatabase.run { client in
            try await client.transaction { transaction in
                MainActor.assertIsolated()
                tally.count += try await transaction.query("select 1", as: Int.self)[0]
                try await transaction.savepoint { tally.count += 1 }
            }
        }
        #expect(tally.count == 2)
    }

    @Test("execute tells how many rows it touched")
    func affected() async throws {
        try await TestDatabase.run { client in
            try await client.script("create table t (n int); insert into t values (1), (2), (3)")
            #expect(try await client.execute("update t set n = n + $1 where n > $2", 10, 1) == 2)
            #expect(try await client.execute("delete from t where n = $1", 99) == 0)
        }
    }

    @Test("A transaction commits what its body did, and undoes it when it throws")
    func transactions() async throws {
        struct Stop: Error {}
        try await TestDatabase.run { client in
            try await client.script("create table t (n int)")
            let count = try await client.transaction { transaction in
                try transaction.enqueue("insert into t values ($1)", 1)
                try await transaction.execute("insert into t values ($1)", 2)
                return try await transaction.query("select count(*) from t", as: Int.self)[0]
            }
            #expect(count == 2)
            await #expect(throws: Stop.self) {
                try await client.transaction { transaction in
                    try await transaction.execute("insert into t values (3)")
                    throw Stop()
                }
            }
            #expect(try await client.query("select n from t order by n", as: Int.self) == [1, 2])
        }
    }
}
