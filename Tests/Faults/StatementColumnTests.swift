import Testing

extension FaultTests {
    @Suite("Columns of statements")
    struct StatementColumnTests {
        /// A table that gets a column, or a view, changes what a star stands for: a prepared statement is refused then.
        @Test("Statements name the columns that they read from tables and views")
        func named() throws {
            for statement in try SourceStatement.all() { #expect(statement.stars.isEmpty, "\(statement): \(statement.stars)") }
        }

        @Test(
            "A star over a table or a view is found, one over what the statement itself defines is not",
            arguments: [
                ("select * from bookings", 1), ("select b.* from bookings b", 1), ("insert into t (a) values (1) returning *", 1),
                ("with a as (select * from bookings where id = 1) select a.* from a", 1), ("select x.*, y.id from bookings.letters x, y", 1),
                ("select * from unnest($1::text[]) as t (a)", 0), ("with a as materialized (select 1) select * from a", 0),
                ("with a (x) as (select 1) select s.* from a s join lateral (select id from t) l on true", 0),
                ("select l.* from t cross join lateral (select id from u) l", 0), ("select count(*), sum(2 * x) from t", 0),
            ])
        func found(text: String, count: Int) {
            let statement = SourceStatement(file: "", line: 1, text: text, role: "", schema: "")
            #expect(statement.stars.count == count, "\(statement.stars)")
        }
    }
}

extension SourceStatement {
    /// Each `*` that stands for the columns of a table or a view.
    var stars: [String] {
        let words = text.replacing("\n", with: " ").split(separator: " ").joined(separator: " ")
        let defined = Set(words.matches(of: /\b([a-z_]+)(?: \([a-z_, ]+\))? as (?:materialized |not materialized )?\(/).map { $0.output.1 })
        let selected = words.matches(of: /select (?:distinct )?\* from ([a-z_.]*)(\(?)/).filter { match in
            match.output.1 != "unnest" && !defined.contains(match.output.1) && !(match.output.1.isEmpty && match.output.2 == "(")
        }
        let returned = words.matches(of: /returning \*/)
        let qualified = words.matches(of: /\b([a-z_]+)\.\*/).filter { match in
            let alias = match.output.1
            if defined.contains(alias) || words.contains(") \(alias)") || words.contains(") as \(alias)") { return false }
            guard let source = try? Regex("(?:from|join|,) ([a-z_.]+) (?:as )?\(alias)\\b", as: (Substring, Substring).self) else { return true }
            return !words.matches(of: source).contains { defined.contains($0.output.1) }
        }
        return selected.map { String($0.output.0) } + returned.map { String($0.output) } + qualified.map { String($0.output.0) }
    }
}
