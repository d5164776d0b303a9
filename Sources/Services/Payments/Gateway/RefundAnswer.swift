/// What the gateway answers to `POST /refund`.
enum RefundAnswer: Sendable, Equatable {
    /// The money is back, by this request or by an earlier one under the same key.
    case paid
    /// It took the request; the money is not back yet.
    case accepted
    /// It will not do it, for this reason.
    case refused(String)
    /// Whether it did it is not known; it is asked again, not before the pause that it wants.
    case later(String, after: Duration?)
}
