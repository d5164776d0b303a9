/// One row of a job: its name for people, and the cursor after it.
public struct JobRow: Sendable, Equatable {
    /// Its name for people: `booking B-12`, `event 7`.
    public let name: String
    /// The cursor of a slice that begins after it.
    public let cursor: String

    /// A row's name and the cursor after it.
    public init(_ name: String, cursor: String) {
        self.name = name
        self.cursor = cursor
    }
}
