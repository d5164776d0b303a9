/// What a caller wants done, and where it waits for the answer.
enum TransferRequest: Sendable {
    case http(HTTPRequest, CheckedContinuation<Result<RawHTTPResponse, CurlError>, Never>)
    case mail(MailTransaction, CheckedContinuation<Result<SMTPReceipt, CurlError>, Never>)

    /// Answers without having done it.
    func fail(_ error: CurlError) {
        switch self {
        case .http(_, let reply): reply.resume(returning: .failure(error))
        case .mail(_, let reply): reply.resume(returning: .failure(error))
        }
    }

    /// The state of carrying it out, for the thread that does.
    func makeTransfer() -> any Transfer {
        switch self {
        case .http(let request, let reply): HTTPTransfer(request, reply: reply)
        case .mail(let transaction, let reply): MailTransfer(transaction, reply: reply)
        }
    }
}

/// What the reactor's thread is asked to do.
enum TransferCommand: Sendable {
    case begin(TransferRequest, UInt64)
    case cancel(UInt64)
    /// Break off everything and end; whoever waits for that is told.
    case close(CheckedContinuation<Void, Never>?)

    /// Answers when nobody does it any more.
    func abandon() {
        switch self {
        case .begin(let request, _): request.fail(.closed)
        case .cancel: break
        case .close(let closer): closer?.resume()
        }
    }
}
