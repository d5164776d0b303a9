import HTTPTypes

/// Header names that the library does not define.
extension HTTPField.Name {
    // The names are tokens of RFC 9110, so they are always valid.
    static let idempotencyKey = named("Idempotency-Key")
    static let idempotentReplayed = named("Idempotent-Replayed")
    static let traceparent = named("traceparent")
    static let totalCount = named("X-Total-Count")

    private static func named(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is not a header name") }
        return name
    }
}
