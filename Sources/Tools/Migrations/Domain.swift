/// One domain in the database: the role of its service, its schema, the folder with its SQL.
///
/// A new service is one line here.
public struct Domain: Sendable, Equatable {
    /// The executable, which is also the role and the broker user.
    public let service: String
    /// Its schema.
    public let schema: String
    /// Its folder below `Sources/Services`.
    public let folder: String

    /// All domains, in the order of their migrations: a schema comes after those that it refers to.
    public static let all = [
        Domain(service: "tick-publisher", schema: "operations", folder: "TickPublisher"),
        Domain(service: "tickets-cache", schema: "tickets", folder: "TicketsCache"),
        Domain(service: "loyalty-notifier", schema: "loyalty", folder: "LoyaltyNotifier"),
        Domain(service: "payments", schema: "payments", folder: "Payments"),
        Domain(service: "events", schema: "events", folder: "Events"),
        Domain(service: "bookings", schema: "bookings", folder: "Bookings"),
        Domain(service: "marketing", schema: "marketing", folder: "Marketing"),
        Domain(service: "analytics", schema: "analytics", folder: "Analytics"),
        Domain(service: "maintenance", schema: "maintenance", folder: "Maintenance"),
        Domain(service: "console", schema: "console", folder: "Console"),
    ]

    /// The role of the web shop, which inserts the first rows of every process.
    public static let webShop = "web-shop"

    /// The variable with the password of a role: `TICKETS_CACHE_DB_PASSWORD`.
    public static func passwordVariable(of role: String) -> String {
        variable("DB_PASSWORD", of: role)
    }

    /// A setting about one service in the environment of others: `TICKETS_CACHE_HTTP_PORT`.
    public static func variable(_ name: String, of service: String) -> String {
        "\(service.uppercased().replacing("-", with: "_"))_\(name)"
    }
}
