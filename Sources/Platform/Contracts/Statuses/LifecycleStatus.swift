/// The status of a row during its life: its cases are the values that the column's check constraint allows.
public protocol LifecycleStatus: RawRepresentable<String>, CaseIterable, Codable, Sendable, Hashable {
    /// The statuses that may follow directly; none for a final one. The audit (`operations.conservation`) refuses any
    /// other move.
    var successors: [Self] { get }
}
