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
