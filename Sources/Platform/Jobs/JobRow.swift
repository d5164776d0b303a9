/// One row of a job: what people call it, and where the job continues behind it.
public struct JobRow: Sendable, Equatable {
    /// What people call it: `booking B-12`, `event 7`.
    public let name: String
    /// The cursor of a slice that begins behind it.
    public let cursor: String

    /// A row's name and the cursor behind it.
    public init(_ name: String, cursor: String) {
        self.name = name
        self.cursor = cursor
    }
}
