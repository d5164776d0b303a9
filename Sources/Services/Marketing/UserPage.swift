import Platform
import Postgres

/// The users that a slice examines, in the order of their ids.
struct UserPage: Sendable {
    /// The id after which it begins.
    let start: Int
    /// The last of them; nil when there are none.
    private let last: Int?
    private let isFull: Bool

    /// The next users after the slice's cursor.
    static func read(_ slice: Slice, _ tx: Transaction) async throws -> UserPage {
        let start = slice.after.id
        let users = try await tx.query(page, as: Int.self, start, slice.limit)
        return UserPage(start: start, last: users.last, isFull: users.count == slice.limit)
    }

    /// The first of them, for a slice that failed.
    static func firstRow(_ slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        try await tx.query(page, as: Int.self, slice.after.id, 1).first.map { JobRow("user \($0)", KeysetCursor(id: $0)) }
    }

    /// The progress of a slice that has examined them.
    func progress(_ reached: Int) -> Progress { Progress(reached, more: isFull, after: KeysetCursor(id: last ?? start)) }

    private static let page: SQL = "select user_id from storefront.campaign_contacts where user_id > $1 order by user_id limit $2"
}
