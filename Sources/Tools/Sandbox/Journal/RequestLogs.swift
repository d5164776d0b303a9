/// The request log of each stub.
struct RequestLogs: Sendable {
    private let logs: [StubID: RequestLog]

    init(keep: Int) { logs = Dictionary(uniqueKeysWithValues: StubID.allCases.map { ($0, RequestLog(part: $0, keep: keep)) }) }

    subscript(_ part: StubID) -> RequestLog {
        guard let log = logs[part] else { preconditionFailure("every stub has a log") }
        return log
    }
}
