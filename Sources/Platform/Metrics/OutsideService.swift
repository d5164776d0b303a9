import Curl

/// A service outside, reached by HTTP or SMTP. Each call is timed by its outcome.
public struct OutsideService: Sendable {
    /// What became of a call.
    enum Outcome: String, CaseIterable {
        case answered
        case refused
        case failed
        case timedOut = "timed_out"
        case unreachable
        case other
    }

    private let name: String
    private let web: CurlClient

    init(_ name: String, _ web: CurlClient) {
        self.name = name
        self.web = web
    }

    /// Sends a request and returns the whole answer, whatever its status.
    /// - Throws: as `CurlClient.send` does.
    public func send(_ request: HTTPRequest) async throws(CurlError) -> HTTPResponse {
        try await timed({ Outcome(status: $0.status) }) { () async throws(CurlError) in try await web.send(request) }
    }

    /// Sends a mail to all of its recipients.
    /// - Throws: as `CurlClient.send` does.
    func send(_ message: MailMessage, through server: SMTPServer) async throws(CurlError) -> SMTPReceipt {
        try await timed({ _ in .answered }) { () async throws(CurlError) in try await web.send(message, through: server) }
    }

    private func timed<Answer>(
        _ outcome: (Answer) -> Outcome, _ call: () async throws(CurlError) -> Answer
    ) async throws(CurlError) -> Answer {
        let started = ContinuousClock.now
        do {
            let answer = try await call()
            record(outcome(answer), since: started)
            return answer
        } catch {
            record(Outcome(error), since: started)
            throw error
        }
    }

    private func record(_ outcome: Outcome, since started: ContinuousClock.Instant) {
        Metric.outsideCallSeconds.record(ContinuousClock.now - started, name, outcome.rawValue)
    }
}

extension OutsideService.Outcome {
    init(status: Int) {
        switch status {
        case ..<400: self = .answered
        case 400..<500: self = .refused
        default: self = .failed
        }
    }

    init(_ error: CurlError) {
        switch error {
        case .timedOut: self = .timedOut
        case .couldNotResolve, .couldNotConnect, .tls, .sendFailed, .receiveFailed: self = .unreachable
        case .smtp(let code, _, _): self = code < 500 ? .failed : .refused
        default: self = .other
        }
    }
}
