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
                    '{"town": "London", "since": "1840-01-02T03:04:05.250Z"}'::jsonb as address, array['a', 'b'] as tags
                """, as: Person.self)
            let since = Date(timeIntervalSince1970: -4_102_261_000 + 4_455.25 - 450)
            #expect(people.count == 1)
            let person = try #require(people.first)
            #expect(person.address.town == "London")
            #expect(abs(person.address.since.timeIntervalSince(since)) < 200_000_000)
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
