/// One request (or mail transaction) as the sandbox saw it.
struct Received: Sendable {
    let at: Timestamp
    let method: String
    /// Path with its query; for mail the envelope sender.
    let path: String
    /// Bearer token without `Bearer `; nil when there was none.
    let token: String?
    /// Headers of interest and body; nil where the part keeps light records.
    var details: Details?
    /// Status answered; nil while under way and when the connection was cut or left hanging.
    var status: Int?
    /// The fault that was applied.
    var fault: Int?
    /// Time until the answer was handed to the connection, microseconds.
    var duration: Int64?

    /// A mail transaction that begins now.
    static func mail(_ verb: String, sender: String) -> Received {
        Received(at: .now, method: verb, path: sender, token: nil, details: nil)
    }

    /// What only heavy records keep; by reference so that a light record is small.
    final class Details: Sendable {
        let headers: [String: String]
        let body: String?

        init(headers: [String: String], body: String? = nil) {
            self.headers = headers
            self.body = body
        }
    }
}
