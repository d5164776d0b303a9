import Platform

/// A person's decision about a payment that cannot be carried out.
struct DecisionRefused: PermanentFailure, CustomStringConvertible {
    /// The reason.
    let description: String

    init(_ description: String) { self.description = description }
}
