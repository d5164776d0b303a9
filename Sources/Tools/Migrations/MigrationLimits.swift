/// How long a migration waits, and for what.
public struct MigrationLimits: Sendable {
    /// For a database that does not answer, as long as nothing gets done.
    public var outage = Duration.seconds(120)
    /// For a lock, in one attempt: whoever wants the table meanwhile queues behind the migration.
    public var lock = Duration.seconds(3)
    /// Between two attempts, so that this queue drains.
    public var pause = Duration.seconds(2)
    /// For the locks of one file, all attempts together.
    public var file = Duration.seconds(900)

    /// The limits of `boxoffice migrate`.
    public init() {}
}
