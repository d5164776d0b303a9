import FoundationEssentials
import Postgres
import Testing

@Suite("Types")
struct TypeTests {
    /// Sends each value as a parameter, gets it back as the same type, and has the server compare it with what it should be.
    private func roundTrip<T: PostgresEncodable & PostgresDecodable & Equatable>(
        _ cast: String, _ values: [(T, String)], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await TestDatabase.run { client in
            for (value, literal) in values {
                let sql = SQL(file: "select $1::\(cast) as value, $1::\(cast) is not distinct from (\(literal))::\(cast) as same")
                let row = try await client.query(sql, value)[0]
                let back = try row.get("value", as: T.self)
                #expect(back == value, sourceLocation: sourceLocation)
                let same = try row.get("same", as: Bool.self)
                #expect(same, "the server does not see \(literal)", sourceLocation: sourceLocation)
            }
        }
    }

    @Test("Integers keep their extremes")
    func integers() async throws {
        try await roundTrip("bigint", [(Int.max, "9223372036854775807"), (Int.min, "'-9223372036854775808'"), (0, "0"), (-1, "-1")])
        try await roundTrip("bigint", [(Int64.min, "'-9223372036854775808'")])
        try await roundTrip("integer", [(Int32.max, "2147483647"), (Int32.min, "'-2147483648'")])
        try await roundTrip("smallint", [(Int16.max, "32767"), (Int16.min, "'-32768'")])
        try await roundTrip("bigint", [(Int?.none, "null"), (Int?.some(5), "5")])
    }

    @Test("Booleans and floating-point numbers")
    func scalars() async throws {
        try await roundTrip("boolean", [(true, "true"), (false, "false")])
        try await roundTrip(
            "double precision", [(0.1, "0.1"), (-.infinity, "'-infinity'"), (.leastNonzeroMagnitude, "'4.9406564584124654e-324'"), (1e300, "1e300")])
        try await roundTrip("real", [(Float(0.5), "0.5")])
        try await TestDatabase.run { client in
            let numbers = try await client.query("values ('NaN'::float8), ($1)", as: Double.self, Double.nan)
            #expect(numbers.allSatisfy { $0.isNaN })
        }
    }

    @Test("A text goes wherever the server wants one")
    func texts() async throws {
        try await roundTrip("text", [("", "''"), ("it's \"quoted\" \\ \u{1F3AB} é\n\t", "E'it''s \"quoted\" \\\\ \u{1F3AB} é\\n\\t'")])
        try await roundTrip("char(3)", [("EUR", "'EUR'")])
        try await TestDatabase.run { client in
            try await client.script("create type colour as enum ('red'); create table t (c char(3), e colour, u uuid, v varchar(5), d date, j jsonb)")
            try await client.execute(
                "insert into t values ($1, $2, $3, $4, $5, $6)",
                "EUR", "red", "8d3b6f0e-4a5a-4c0e-9a58-0d8f6a0c1b2d", "abc", "2024-02-29", "{}")
            let row = try await client.query("select c, e, u::text, v, d, j from t where c = $1 and e = $2", "EUR", "red")[0]
            #expect(try row.decode(String.self, at: 1) == "red")
            #expect(try row.decode(String.self, at: 2) == "8d3b6f0e-4a5a-4c0e-9a58-0d8f6a0c1b2d")
            #expect(try row.get("d", as: Date.self) == Date(timeIntervalSince1970: 1_709_164_800))
        }
    }

    @Test("A text with a zero byte is refused before it is sent")
    func zeroByte() async throws {
        try await TestDatabase.run { client in
            let error = try await postgresError { _ = try await client.query("select $1", "a\0b") }
            guard case .unsendable = error else { throw Unexpected(what: "\(error)") }
            let arrayError = try await postgresError { _ = try await client.query("select $1", ["a\0b"]) }
            guard case .unsendable = arrayError else { throw Unexpected(what: "\(arrayError)") }
        }
    }

    @Test("Instants are exact to the microsecond, leap days and infinities included")
    func instants() async throws {
        func instant(_ seconds: Int, _ microseconds: Int) -> Date {
            Date(timeIntervalSinceReferenceDate: Double(seconds - 978_307_200) + Double(microseconds) / 1_000_000)
        }
        try await roundTrip(
            "timestamptz",
            [
                (instant(1_709_208_000, 123_456), "'2024-02-29T12:00:00.123456Z'"),
                (instant(1_793_250_000, 999_999), "'2026-10-29T05:00:00.999999Z'"),
                (instant(0, 1), "'1970-01-01T00:00:00.000001Z'"),
                (instant(-1, 999_999), "'1969-12-31T23:59:59.999999Z'"),
                (instant(-2_203_891_200, 0), "'1900-03-01T00:00:00Z'"),
                (.distantFuture, "'infinity'"), (.distantPast, "'-infinity'"),
            ])
        try await TestDatabase.run { client in
            let dates = try await client.query("values ('2000-01-01'::date), ('1999-12-31')", as: Date.self)
            #expect(dates.map(\.timeIntervalSince1970) == [946_684_800, 946_598_400])
            let local = try await client.query("select '2000-01-01 00:00:00.5'::timestamp", as: Date.self)
            #expect(local[0].timeIntervalSince1970 == 946_684_800.5)
        }
    }

    @Test("Intervals keep months, days and microseconds apart; a Duration is an exact span")
    func intervals() async throws {
        try await roundTrip(
            "interval",
            [
                (PostgresInterval(months: 14, days: -3, microseconds: 1_000_001), "'1 year 2 months -3 days 1.000001 seconds'"),
                (PostgresInterval(microseconds: -1), "'-0.000001 seconds'"),
            ])
        try await TestDatabase.run { client in
            let same = try await client.query("select $1 = interval '90 minutes'", as: Bool.self, Duration.seconds(5400))
            #expect(same == [true])
        }
    }

    @Test("Identifiers and bytes")
    func binaries() async throws {
        let id = try #require(UUID(uuidString: "00112233-4455-6677-8899-AABBCCDDEEFF"))
        try await roundTrip("uuid", [(id, "'00112233-4455-6677-8899-aabbccddeeff'")])
        try await roundTrip("bytea", [([UInt8](), "''"), ([0, 255, 92, 39], "'\\x00ff5c27'")])
        try await roundTrip("bytea", [(Data([1, 2, 3]), "'\\x010203'")])
        try await roundTrip("bytea[]", [([[UInt8]](), "'{}'"), ([[], [0, 1]], "array['', '\\x0001']::bytea[]")])
    }

    @Test(
        "A numeric of any size is exact",
        arguments: [
            "0", "1", "-1", "0.1", "10000", "9999.9999", "-12.50", "0.00001000", "100000000", "1234567890123456789012345678901234567890",
            "-0.0000000000000000000000000000000000000001", "NaN", "Infinity", "-Infinity", "123456.7890123", "1000000000000.000000000001",
        ])
    func numerics(digits: String) async throws {
        try await roundTrip("numeric", [(PostgresNumeric(digits), "'\(digits)'")])
    }

    @Test("Decimal takes what it can hold exactly and refuses the rest")
    func decimals() async throws {
        let price = try #require(Decimal(string: "-1234567890.0123456789"))
        try await roundTrip("numeric", [(price, "-1234567890.0123456789"), (Decimal(100), "100"), (Decimal(0), "0")])
        try await TestDatabase.run { client in
            let nan = try await client.query("select 'NaN'::numeric", as: Decimal.self)
            #expect(nan[0].isNaN)
            await #expect(throws: PostgresDecodingError.self) {
                _ = try await client.query("select 1234567890123456789012345678901234567890", as: Decimal.self)
            }
            let sum = try await client.query("select sum(n) from (values (9::bigint), (8)) as t (n)", as: Int.self)
            #expect(sum == [17])
            await #expect(throws: PostgresDecodingError.self) { _ = try await client.query("select 1.5", as: Int.self) }
        }
    }

    @Test("Arrays: empty, with NULLs, with quotes, and long ones")
    func arrays() async throws {
        try await roundTrip("bigint[]", [([Int](), "'{}'"), ([1, -2, Int.max], "'{1,-2,9223372036854775807}'")])
        try await roundTrip("bigint[]", [([Int?.none, 3], "'{NULL,3}'")])
        try await roundTrip("text[]", [(["", "a,b", "{\"x\"}", "NULL", "\\", "é'"], "array['', 'a,b', '{\"x\"}', 'NULL', E'\\\\', 'é''']")])
        try await roundTrip("text[]", [([String?.none, "x"], "'{NULL,x}'")])
        try await roundTrip("boolean[]", [([true, false], "'{t,f}'")])
        try await roundTrip("double precision[]", [([0.5, -1], "'{0.5,-1}'")])
        try await roundTrip("timestamptz[]", [([Date(timeIntervalSince1970: 0)], "array['1970-01-01T00:00Z'::timestamptz]")])
        try await roundTrip("uuid[]", [([UUID](), "'{}'")])
        try await roundTrip("bigint[]", [([Int]?.none, "null")])
        try await TestDatabase.run { client in
            let many = Array(0..<10_000)
            let sum = try await client.query("select sum(n)::bigint from unnest($1::bigint[]) as n", as: Int.self, many)
            #expect(sum == [49_995_000])
            let back = try await client.query("select $1", as: [Int].self, many)
            #expect(back == [many])
            let enums = try await client.query("select array['a'::varchar, 'b']", as: [String].self)
            #expect(enums == [["a", "b"]])
            await #expect(throws: PostgresDecodingError.self) { _ = try await client.query("select '{{1},{2}}'::int[]", as: [Int].self) }
            await #expect(throws: PostgresDecodingError.self) { _ = try await client.query("select 'no array at all'", as: [Int].self) }
        }
    }

    @Test("JSON keeps its text, and values keep theirs")
    func json() async throws {
        struct Pass: Codable, Equatable {
            let name: String
            let at: Date
            let parts: [Int?]
        }
        let pass = Pass(name: "\u{1F3AB} \"é\" \\ /", at: Date(timeIntervalSince1970: 1_700_000_000.25), parts: [1, nil])
        try await TestDatabase.run { client in
            let row = try await client.query(
                "select $1 as whole, $1->>'name' as name, $2 as list, $1::json as plain, null::jsonb as nothing", PostgresJSON(pass),
                [PostgresJSON(bytes: Array("{\"a\": [1]}".utf8)), PostgresJSON(true)])[0]
            #expect(try row.get("whole", as: PostgresJSON.self).decode(Pass.self) == pass)
            #expect(try row.get("plain", as: PostgresJSON.self).decode(Pass.self) == pass)
            #expect(try row.get("name", as: String.self) == pass.name)
            #expect(try row.get("list", as: [PostgresJSON].self).map { String(decoding: $0.bytes, as: UTF8.self) } == ["{\"a\": [1]}", "true"])
            #expect(try row.get("nothing", as: PostgresJSON?.self) == nil)
            struct Wrapper: Decodable { let pass: Pass, passes: [Pass], none: Pass?, text: String }
            let wrapped = try await client.query(
                "select $1 as pass, jsonb_build_array($1, $1) as passes, null::jsonb as none, '{\"a\": 1}'::jsonb as text", as: Wrapper.self,
                PostgresJSON(pass))[0]
            #expect(wrapped.pass == pass && wrapped.passes == [pass, pass] && wrapped.none == nil && wrapped.text == "{\"a\": 1}")
            let lists = try await client.query("select jsonb_build_array($1, $1)", as: [Pass].self, PostgresJSON(pass))
            #expect(lists == [[pass, pass]])
        }
    }

    private struct Ticket: Decodable { let seatNumber: Int }

    private func failure(_ sql: SQL, _ client: PostgresClient) async throws -> String {
        do {
            _ = try await client.query(sql, as: Ticket.self)
        } catch let error as PostgresDecodingError {
            return error.description
        }
        throw Unexpected(what: "no error of \(sql)")
    }

    @Test("A value that is not what was asked for names row, column and type")
    func mismatches() async throws {
        try await TestDatabase.run { client in
            let null = try await failure("values (1), (null) order by 1", client)
            #expect(null.contains("seatNumber"), "unnamed column: \(null)")
            let missing = try await failure("select 1 as seat, 2 as row", client)
            #expect(missing == "row 0: column \"seatNumber\" does not become Int: it is missing; the columns are seat, row")
            let nothing = try await failure("select n as seat_number from (values (1), (null)) as t (n)", client)
            #expect(nothing == "row 1: column \"seat_number\" does not become Int: it is NULL")
            let text = try await failure("select 'x' as seat_number", client)
            #expect(text == "row 0: column \"seat_number\" does not become Int: it is text")
            let large = try await client.query("select 100000 as n")
            #expect(throws: PostgresDecodingError.self) { try large[0].get("n", as: Int16.self) }
        }
    }

    @Test("A row type reads its row itself, faster than Decodable")
    func rowDecodable() async throws {
        struct Pair: PostgresRowDecodable, Decodable, Equatable {
            var left: Int
            var right: String
            init(row: PostgresRow) throws {
                left = try row.decode(at: 0)
                right = try row.decode(at: 1)
            }
        }
        try await TestDatabase.run { client in
            let pairs = try await client.query("values (1, 'a'), (2, 'b')", as: Pair.self)
            #expect(pairs.map(\.right) == ["a", "b"])
        }
    }
}
