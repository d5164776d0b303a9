/// A received request as `/_sandbox/received` reports it.
struct ReceivedReport: Encodable {
    let id: Int
    let part: StubID
    let at: Timestamp
    let method: String
    let path: String
    let token: String?
    let headers: [String: String]?
    let body: String?
    let status: Int?
    let fault: Int?
    let milliseconds: Double?

    init(part: StubID, number: Int, _ received: Received) {
        id = number
        self.part = part
        at = received.at
        method = received.method
        path = received.path
        token = received.token
        headers = received.details?.headers
        body = received.details?.body
        status = received.status
        fault = received.fault
        milliseconds = received.duration.map { Double($0) / 1000 }
    }
}
