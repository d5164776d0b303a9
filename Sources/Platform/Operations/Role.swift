/// What somebody may do on the console, least first.
public enum Role: String, Codable, CaseIterable, Comparable, Sendable {
    /// Looks at everything but personal data.
    case viewer
    /// Sees personal data as well.
    case support
    /// Runs jobs and changes schedules.
    case `operator`
    /// May do everything.
    case admin

    /// By what they may do.
    public static func < (one: Role, other: Role) -> Bool { one.rank < other.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
