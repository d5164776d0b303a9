/// The type of a message, as in its routing key: `ride.completed`. In a CloudEvent the type has the prefix
/// ``wirePrefix``.
public struct MessageType: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The prefix of every type in a CloudEvent, never of a routing key.
    public static let wirePrefix = "com.boxoffice."

    /// The type without the prefix; also the routing key of an event.
    public let rawValue: String

    /// Any type, known here or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The type that a CloudEvent names; nil without the prefix.
    public init?(wireType: String) {
        guard wireType.hasPrefix(Self.wirePrefix), wireType.utf8.count > Self.wirePrefix.utf8.count else { return nil }
        rawValue = String(Substring(wireType.utf8.dropFirst(Self.wirePrefix.utf8.count)))
    }

    /// The type as a CloudEvent names it: `com.boxoffice.ride.completed`.
    public var wireType: String { Self.wirePrefix + rawValue }

    /// The type without the prefix.
    public var description: String { rawValue }

    /// Every type that Contracts/messages describes.
    public static let all: [MessageType] = Messages.all.map { $0.type }
}
