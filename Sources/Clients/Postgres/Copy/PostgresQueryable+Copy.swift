extension PostgresQueryable {
    /// Sends rows to `COPY table (columns) FROM STDIN`, in its text form; how many went in.
    ///
    /// Rows are asked for as fast as the server takes them: some 64 KB of them are in memory. An error in the middle, of the sequence or a
    /// value, ends the COPY and nothing of it stays; the server's own errors show when the last row was sent, as libpq has it.
    ///
    /// - Throws: also whatever the sequence throws.
    @discardableResult
    public func copy<Rows: AsyncSequence & Sendable>(_ sql: SQL, rows: Rows) async throws -> Int where Rows.Element == [any PostgresEncodable] {
        try await withLane { lease in
            var copy = try await Copy(sql, lease)
            do {
                for try await row in rows { try await copy.send(row) }
                return try await copy.finish()
            } catch {
                await copy.abort()
                throw error
            }
        }
    }

    /// Sends rows to `COPY table (columns) FROM STDIN`, in its text form; how many went in.
    ///
    /// A value that cannot be sent ends the COPY and nothing of it stays.
    @discardableResult
    public func copy<Rows: Sequence & Sendable>(_ sql: SQL, rows: Rows) async throws -> Int where Rows.Element == [any PostgresEncodable] {
        try await withLane { lease in
            var copy = try await Copy(sql, lease)
            do {
                for row in rows { try await copy.send(row) }
                return try await copy.finish()
            } catch {
                await copy.abort()
                throw error
            }
        }
    }
}

/// A COPY that is under way.
private struct Copy {
    private static let chunk = 64 * 1024
    private let lease: ConnectionLease
    private var buffer = CopyBuffer()

    init(_ sql: SQL, _ lease: ConnectionLease) async throws {
        self.lease = lease
        try await lease.settle()
        try await lease.perform(.copyStart(sql))
    }

    mutating func send(_ row: [any PostgresEncodable]) async throws {
        try buffer.append(row: row)
        if buffer.bytes.count >= Self.chunk { try await lease.perform(.copyData(buffer.take())) }
    }

    mutating func finish() async throws -> Int {
        if !buffer.bytes.isEmpty { try await lease.perform(.copyData(buffer.take())) }
        return try await lease.perform(.copyEnd(failure: nil))?.affectedRows ?? 0
    }

    /// Tells the server to forget it. Refused, and no harm, if the COPY has ended already.
    func abort() async {
        _ = try? await lease.perform(.copyEnd(failure: "given up by the client"), shielded: true)
    }
}
