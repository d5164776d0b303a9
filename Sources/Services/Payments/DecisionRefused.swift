import Platform

/// A person's decision about a payment that cannot be followed.
struct DecisionRefused: PermanentFailure, CustomStringConvertible {
    /// Why.
    let description: String

    init(_ description: String) { self.description = description }
}
