/// What the gateway says to a refund.
enum RefundAnswer: Sendable, Equatable {
    /// The money goes back, now or since an earlier question under the same key.
    case paid
    /// It will not do it.
    case refused(String)
    /// Whether it did it is not known; it is asked again, not before the pause that it wants.
    case later(String, after: Duration?)
}
