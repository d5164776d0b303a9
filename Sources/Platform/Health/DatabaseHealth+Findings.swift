/// When a figure of the database is a finding. docs/upkeep.md has the same as a table.
extension DatabaseHealth {
    /// Bloat: so many dead rows, so large a share of all rows, and no vacuum for so long.
    private static let deadRows = 10_000, deadShare = 0.2, withoutVacuum = 6 * 3600
    /// Sequential scans of a table with so many rows, so often a day.
    private static let largeTable = 100_000, scansADay = 48
    /// An index of so many bytes that was not used since so long ago.
    private static let largeIndex = 10 << 20, unusedSeconds = 30 * 86_400
    /// A transaction that is longer keeps vacuum from removing rows, and locks.
    private static let longTransaction = 900, longIdle = 300
    /// So much of a sequence's values is used.
    private static let sequenceShare = 0.7
    /// Half of the ids that there are: PostgreSQL stops accepting writes at twice as many.
    private static let oldID = 1_000_000_000

    /// Everything that is not as it should be, the most urgent first.
    public var findings: [Finding] {
        ageFindings + indexFindings + sessionFindings + sequenceFindings + tableFindings + collationFindings
    }

    private var ageFindings: [Finding] {
        [("transaction ids", xidAge), ("multixact ids", multixactAge)].filter { $0.1 > Self.oldID }.map { name, age in
            Finding(
                "wraparound", name, "The oldest of the \(name) is \(age) old; at 2,147,483,648 the database accepts no more writes",
                advice: "Run vacuumdb --freeze --all now, and see why autovacuum has not: a long transaction, a prepared one, a replication slot.")
        }
    }

    private var indexFindings: [Finding] {
        let invalid = invalidIndexes.map {
            Finding(
                "invalid-index", $0, "The index \($0) is invalid: a create index concurrently did not finish, and it is written and never read",
                advice: "reindex index concurrently \($0), or drop it and make it again.")
        }
        guard statisticsSeconds > Self.unusedSeconds else { return invalid }
        return invalid
            + unusedIndexes.filter { $0.bytes > Self.largeIndex }.map {
                Finding(
                    "unused-index", $0.name, "The index \($0.name) of \($0.bytes.asBytes) has not been read for \(statisticsSeconds / 86_400) days",
                    advice: "See whether a standby reads it or a yearly job needs it; if not, drop it by a migration (drop index concurrently).")
            }
    }

    private var sessionFindings: [Finding] {
        guard areSessionsVisible else {
            return [
                Finding(
                    "not-visible", "pg_stat_activity", "Transactions of other roles are not visible",
                    advice: "grant pg_read_all_stats to the role that runs boxoffice migrate, which owns operations.database_health().")
            ]
        }
        let long = sessions.compactMap { session -> Finding? in
            let isIdle = session.state?.hasPrefix("idle in transaction") == true
            if isIdle, let seconds = session.stateSeconds, seconds > Self.longIdle {
                return Finding(
                    "idle-in-transaction", session.name,
                    "\(session.name) (process \(session.process)) has been idle in a transaction for \(seconds) s",
                    advice:
                        "See what it waits for; select pg_terminate_backend(\(session.process)) ends it. idle_in_transaction_session_timeout does so by itself."
                )
            }
            guard session.seconds > Self.longTransaction else { return nil }
            return Finding(
                "long-transaction", session.name,
                "A transaction of \(session.name) (process \(session.process)) has been under way for \(session.seconds) s",
                advice: "While it lasts vacuum removes no row that was deleted since it began; see its statement in pg_stat_activity.")
        }
        return long
            + prepared.filter { $0.seconds > Self.longTransaction }.map {
                Finding(
                    "prepared-transaction", $0.name, "The prepared transaction \($0.name) has waited for \($0.seconds) s",
                    advice: "The services prepare none: commit prepared or rollback prepared, whatever its owner says.")
            }
    }

    private var sequenceFindings: [Finding] {
        sequences.filter { ($0.share ?? 0) > Self.sequenceShare }.map {
            Finding(
                "sequence", $0.name, "\(Int((($0.share ?? 0) * 100).rounded(.down))) % of the values of \($0.name) are used",
                advice: "Make its column, and those that refer to it, bigint before it ends (CONTRIBUTING.md, expand then contract).")
        }
    }

    private var tableFindings: [Finding] {
        let bloat = bloated.filter { table in
            table.dead > Self.deadRows && Double(table.dead) > Self.deadShare * Double(table.rows + table.dead)
                && (table.vacuumedSeconds ?? .max) > Self.withoutVacuum
        }
        let days = max(1, Double(statisticsSeconds) / 86_400)
        return bloat.map { table in
            let last = table.vacuumedSeconds.map { "\($0 / 3600) h ago" } ?? "never"
            return Finding(
                "bloat", table.name, "\(table.dead) of \(table.rows + table.dead) rows of \(table.name) are dead; last vacuum: \(last)",
                advice:
                    "vacuum (verbose, analyze) \(table.name) says what keeps them: a long transaction, a replication slot, autovacuum that is off or too slow."
            )
        }
            + scanned.filter { $0.rows > Self.largeTable && Double($0.scans) / days > Double(Self.scansADay) }.map { table in
                Finding(
                    "sequential-scans", table.name,
                    "\(table.name) of \(table.rows) rows was read from end to end \(Int(Double(table.scans) / days)) times a day",
                    advice: "Find the statement (pg_stat_statements, auto_explain); it lacks an index, or the table lacks an analyze.")
            }
    }

    private var collationFindings: [Finding] {
        guard let recorded = collation.recorded, let actual = collation.actual, recorded != actual else { return [] }
        return [
            Finding(
                "collation", "database",
                "The indexes were made with collation version \(recorded), and the server has \(actual): text may be sorted otherwise",
                advice: "In a quiet hour: reindex database; then alter database … refresh collation version (boxoffice doctor has the whole line).")
        ]
    }
}
