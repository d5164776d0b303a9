/// The request log of each stub.
struct RequestLogs: Sendable {
    private let bytemark: RequestLog
    private let gateway: RequestLog
    private let push: RequestLog
    private let smtp: RequestLog

    init(keep: Int) {
        bytemark = RequestLog(part: .bytemark, keep: keep)
        gateway = RequestLog(part: .gateway, keep: keep)
        push = RequestLog(part: .push, keep: keep)
        smtp = RequestLog(part: .smtp, keep: keep)
    }

    subscript(_ part: StubID) -> RequestLog {
        switch part {
        case .bytemark: bytemark
        case .gateway: gateway
        case .push: push
        case .smtp: smtp
        }
    }
}
