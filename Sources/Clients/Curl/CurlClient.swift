public import Logging
import Synchronization

/// HTTP and SMTP through libcurl: many transfers at once over connections that are kept.
///
/// One thread does all HTTP. Mail has a second one, made with the first mail: libcurl waits for a mail server's goodbye,
/// and that must not hold up anything else. Share one client in a process; connections are shared only within it.
public final class CurlClient: Sendable {
    private let http: TransferLoop
    private let mail = Mutex(Mail())
    private let maximumConnections: Int
    private let maximumConnectionsPerHost: Int
    private let logger: Logger

    private struct Mail {
        var loop: TransferLoop?
        var connections = MailConnections()
        var isClosed = false
    }

    /// How many connections a client opens unless it is told otherwise: more requests than that at once wait for each other.
    public static let standardConnections = 128

    /// A client with limits on its connections, for HTTP and for mail each; 0 is no limit per host. What is over waits, and its time-out runs.
    public init(maximumConnections: Int = CurlClient.standardConnections, maximumConnectionsPerHost: Int = 0, logger: Logger) {
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerHost = maximumConnectionsPerHost
        self.logger = logger
        http = TransferLoop(
            name: "curl-http", maximumConnections: maximumConnections, maximumConnectionsPerHost: maximumConnectionsPerHost)
    }

    /// Breaks off what is on its way, with `CurlError.closed`, closes all connections and returns when that is done.
    public func close() async {
        let mailLoop = mail.withLock { mail in
            mail.isClosed = true
            return mail.loop
        }
        await http.close()
        await mailLoop?.close()
    }

    /// Sends a request and returns the whole answer, whatever its status.
    ///
    /// Cancelling the task breaks the transfer off. A request that a kept connection lost is repeated only if that is safe:
    /// an idempotent method, or an `Idempotency-Key`.
    public func send(_ request: HTTPRequest) async throws(CurlError) -> HTTPResponse {
        if let header = request.headers.fields.first(where: { !$0.isValid }) { throw .invalidHeader(name: header.name) }
        guard URLOrigin(request.url) != nil else { throw .invalidURL("it must be an absolute http or https URL without spaces") }
        let clock = ContinuousClock()
        let deadline = clock.now + request.timeout
        var request = request
        for _ in 0...Redirect.limit {
            let answer = try await exchange(request)
            guard request.followsRedirects, let location = answer.redirect,
                let next = try Redirect.next(request, status: answer.response.status, location: location)
            else { return answer.response }
            request = next
            request.timeout = deadline - clock.now
            guard request.timeout > .zero else { throw .timedOut }
        }
        throw .tooManyRedirects(limit: Redirect.limit)
    }

    private func exchange(_ request: HTTPRequest) async throws(CurlError) -> RawHTTPResponse {
        do {
            return try await http.perform { .http(request, $0) }
        } catch {
            logger.debug("a request failed", metadata: ["host": "\(URLOrigin(request.url)?.host ?? "")", "error": "\(error)"])
            throw error
        }
    }

    /// Sends a mail to all of its recipients in one transaction; if one is refused, so is the mail.
    ///
    /// Cancelling the task breaks the transfer off; whether the server has taken the mail is then not known.
    public func send(_ message: MailMessage, through server: SMTPServer) async throws(CurlError) -> SMTPReceipt {
        var transaction = try MailTransaction(message, server)
        guard let (loop, isApart) = mailLoop(for: server) else { throw .closed }
        transaction.isApart = isApart
        do {
            return try await loop.perform { [transaction] in .mail(transaction, $0) }
        } catch {
            logger.debug("a mail failed", metadata: ["server": "\(server)", "messageID": "\(message.messageID)", "error": "\(error)"])
            throw error
        }
    }

    /// The thread for mail, made with the first; nil when closed.
    private func mailLoop(for server: SMTPServer) -> (TransferLoop, isApart: Bool)? {
        mail.withLock { mail in
            guard !mail.isClosed else { return nil }
            let loop =
                mail.loop
                ?? TransferLoop(
                    name: "curl-smtp", maximumConnections: maximumConnections, maximumConnectionsPerHost: maximumConnectionsPerHost)
            mail.loop = loop
            return (loop, mail.connections.separates(server))
        }
    }
}
