/// The time limits of a migration.
public struct MigrationLimits: Sendable {
    /// How long it waits for a database that does not answer; counted again after each applied file.
    public var outage = Duration.seconds(120)
    /// How long one attempt waits for a lock: other sessions that need the table queue behind the migration meanwhile.
    public var lock = Duration.seconds(3)
    /// The pause between two attempts, in which this queue drains.
    public var pause = Duration.seconds(2)
    /// How long all attempts of one file together wait for locks.
    public var file = Duration.seconds(900)

    /// The limits of `boxoffice migrate`.
    public init() {}
}
