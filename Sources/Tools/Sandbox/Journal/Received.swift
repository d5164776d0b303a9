/// One received request (or mail transaction).
struct Received: Sendable {
    let at: Timestamp
    let method: String
    /// Path with its query; for mail the envelope sender.
    let path: String
    /// Bearer token without `Bearer `; nil when there was none.
    let token: String?
    /// Selected headers and the body; nil for stubs that keep light records.
    var details: Details?
    /// The status of the answer; nil while the request runs, and when the connection was cut or left hanging.
    var status: Int?
    /// The fault that was applied.
    var fault: Int?
    /// Microseconds until the answer was passed to the connection.
    var duration: Int64?

    /// A mail transaction that starts now.
    static func mail(_ verb: String, sender: String) -> Received {
        Received(at: .now, method: verb, path: sender, token: nil, details: nil)
    }

    /// The part that only heavy records keep; a class, so that a light record is small.
    final class Details: Sendable {
        let headers: [String: String]
        let body: String?

        init(headers: [String: String], body: String? = nil) {
            self.headers = headers
            self.body = body
        }
    }
}
