import Migrations
import Postgres
import Support
import Testing

@Suite("Keys are compared by their bytes")
struct KeyCollationTests {
    /// What another version of the C library sorts otherwise, an index does not find any more, and what was done once is done again.
    @Test("No unique key of ours depends on how the system sorts text")
    func keys() async throws {
        try await TestEnvironment.open { environment in
            let keys = try await environment.database.query(Self.keys, as: String.self, Migration.schemas)
            #expect(keys == [])
        }
    }

    private static let keys: SQL = """
        select format('%s, column %s', i.indexrelid::regclass, place)
        from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
             cross join lateral unnest(i.indcollation::oid[]) with ordinality as used (collation_oid, place)
        where i.indisunique and n.nspname = any ($1::text[]) and used.collation_oid <> 0
          and used.collation_oid <> (select oid from pg_collation where collname = 'C' and collnamespace = 'pg_catalog'::regnamespace)
        order by 1
        """
}
