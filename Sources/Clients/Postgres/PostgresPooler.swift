/// What stands between the client and the server.
public enum PostgresPooler: String, CaseIterable, Sendable {
    /// Nothing: a connection of the client is one of the server's.
    case none
    /// A pooler that lends a connection of the server for as long as the client's lasts. It takes no settings at the login (`options`):
    /// schemas are looked for in the search path of the role.
    case session
    /// A pooler that lends a connection of the server for a transaction. Statements are not prepared either, and nothing can be listened to.
    case transaction
}
