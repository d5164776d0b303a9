import Testing

@testable import Migrations

@Suite("A file of SQL is split into its statements")
struct SQLStatementsTests {
    @Test(
        "A semicolon ends a statement unless it is quoted or in a comment",
        arguments: [
            ("", []), (" ;; \n", []), ("-- only a comment;", []), ("select 1", ["select 1"]), ("select 1;\nselect 2;", ["select 1", "select 2"]),
            ("select ';''; x'; b", ["select ';''; x'", "b"]), ("select E'\\';' ; b", ["select E'\\';'", "b"]),
            (#"a "x;""y" ; b"#, [#"a "x;""y""#, "b"]),
            ("do $$ a; b; $$; c", ["do $$ a; b; $$", "c"]), ("do $x$ $$ ; $x$; c", ["do $x$ $$ ; $x$", "c"]), ("select $1; b", ["select $1", "b"]),
            ("a /* ; /* ; */ ; */ b; c", ["a /* ; /* ; */ ; */ b", "c"]), ("a -- ;\nb; c", ["a -- ;\nb", "c"]),
            ("-- why;\nselect 1;", ["-- why;\nselect 1"]),
        ])
    func split(text: String, statements: [String]) {
        #expect(SQLStatements.split(text) == statements)
    }
}
