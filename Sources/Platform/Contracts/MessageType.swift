/// The name of what happened: `ride.completed`. It is the routing key of the message; on the wire it carries a prefix.
public struct MessageType: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// Without the prefix, as in routing keys.
    public let rawValue: String

    /// A type by its name without the prefix.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// What types begin with in a CloudEvent.
    public static let wirePrefix = "com.boxoffice."

    /// As a CloudEvent spells it.
    public var wireType: String { Self.wirePrefix + rawValue }

    /// Reads a CloudEvent's type; nil for one that is not ours.
    public init?(wireType: String) {
        guard wireType.hasPrefix(Self.wirePrefix) else { return nil }
        rawValue = String(wireType.dropFirst(Self.wirePrefix.count))
    }

    /// The name.
    public var description: String { rawValue }
}
