/// The statements that are prepared on one connection, the least recently used given up first.
struct StatementCache {
    struct Key: Hashable {
        let sql: SQL
        let types: [PostgresType]
    }

    private struct Entry {
        let name: String
        var lastUse: UInt64
    }

    private let limit: Int
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0
    /// Given up here, still prepared on the server.
    private(set) var abandoned: [String] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// The name of a statement that is prepared.
    mutating func name(for key: Key) -> String? {
        guard let index = entries.index(forKey: key) else { return nil }
        uses += 1
        entries.values[index].lastUse = uses
        return entries.values[index].name
    }

    /// A name for a statement that is about to be prepared. Names are never used twice.
    mutating func add(_ key: Key) -> String {
        if entries.count >= limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            abandoned.append(oldest.value.name)
        }
        uses += 1
        names += 1
        let name = "s\(names)"
        entries[key] = Entry(name: name, lastUse: uses)
        return name
    }

    /// Forgets a statement: it was not prepared after all, or the server no longer takes it.
    mutating func remove(_ key: Key, isOnServer: Bool) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        if isOnServer { abandoned.append(entry.name) }
    }

    /// Forgets everything: after a change of a table many of them are stale, and each would fail a transaction of its own.
    mutating func removeAll(areOnServer: Bool) {
        if areOnServer { abandoned += entries.values.map(\.name) }
        entries = [:]
    }

    mutating func takeAbandoned() -> [String] {
        defer { abandoned.removeAll() }
        return abandoned
    }
}
