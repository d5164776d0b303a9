/// The gateway's answer to `POST /refund`.
enum RefundAnswer: Sendable, Equatable {
    /// The money is back with the customer, through this request or an earlier one with the same key.
    case paid
    /// The gateway accepted the request; the money is not back yet.
    case accepted
    /// The gateway refused the refund, for this reason.
    case refused(String)
    /// Unknown whether the refund was made. It is requested again, at the earliest after the pause that the gateway
    /// asked for.
    case later(String, after: Duration?)
}
