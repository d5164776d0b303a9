import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// Receives the requests to the stubs: logs them, delays them by the latency, applies faults, and passes the others on.
struct FaultInjectingResponder: Sendable {
    let faults: Faults
    let journals: RequestLogs

    /// The connection was cut on purpose.
    struct Cut: Error {}

    /// Answers one request; throws `Cut` when the answer is to be missing or incomplete.
    func answer(_ request: Request, from peer: some Stub, on channel: any Channel) async throws -> Response {
        let asked = try await OutsideRequest(request)
        let journal = journals[peer.part]
        let number = journal.arrived(received(asked, light: !peer.keepsBodies))
        let fault = faults.apply(peer.part, peer.subject(of: asked))
        var status: Int?
        defer { journal.finished(number, status: status, fault: fault?.id) }

        try await EventLoopSleep.wait(faults.latency(of: peer.part), on: channel.eventLoop)
        if let fault {
            try await faults.delay(.milliseconds(fault.action.delayMs ?? 0), fault: fault.id, on: channel.eventLoop)
            if fault.action.hang == true {
                await faults.hang(channel, fault: fault.id)
                throw Cut()
            }
        }
        if fault?.action.cut == .before { throw await cut(channel) }
        if let refused = try refusal(by: fault?.action) {
            status = refused.status
            return response(refused)
        }

        let answer = try peer.answer(asked)
        journal.caused(answer.effect)
        switch fault?.action.cut {
        case .afterEffect: throw await cut(channel)
        case .headers: return broken(answer, after: 0, on: channel)
        case .body: return broken(answer, after: answer.body.readableBytes / 2, on: channel)
        case .before, nil:
            status = answer.status
            return response(answer)
        }
    }

    private func received(_ request: OutsideRequest, light: Bool) -> Received {
        var details: Received.Details?
        if !light {
            let names: [HTTPField.Name] = [.idempotencyKey, .contentType, .userAgent, .traceparent]
            let headers = names.compactMap { name in request.headers[name].map { (name.rawName.lowercased(), $0) } }
            details = Received.Details(headers: Dictionary(uniqueKeysWithValues: headers), body: String(buffer: request.body))
        }
        return Received(
            at: .now, method: request.method.rawValue, path: request.target, token: request.bearer, details: details)
    }

    private func refusal(by action: FaultRequest.Action?) throws -> Answer? {
        guard let action else { return nil }
        if action.void == true { return try Answer.refusal(401, "The token is void.") }
        guard let status = action.status else { return nil }
        var refused: Answer
        switch action.body {
        case nil: refused = try Answer.refusal(status, "Ordered by a sandbox fault.")
        case .string(let text):
            refused = Answer(status: status, body: ByteBuffer(string: text))
            refused.headers[.contentType] = "text/html"
        case let value: refused = try Answer(status: status, json: value)
        }
        switch action.retryAfter {
        case .integer(let seconds): refused.headers[.retryAfter] = String(seconds)
        case .string(let date): refused.headers[.retryAfter] = date
        default: break
        }
        return refused
    }

    private func response(_ answer: Answer) -> Response {
        Response(status: .init(code: answer.status), headers: answer.headers, body: ResponseBody(byteBuffer: answer.body))
    }

    private func cut(_ channel: any Channel) async -> Cut {
        try? await channel.close().get()
        return Cut()
    }

    /// Announces the length of the whole body, sends this many bytes of it and closes the connection.
    private func broken(_ answer: Answer, after length: Int, on channel: any Channel) -> Response {
        let body = ResponseBody(contentLength: max(1, answer.body.readableBytes)) { writer in
            if length > 0, let part = answer.body.getSlice(at: answer.body.readerIndex, length: length) { try await writer.write(part) }
            throw await cut(channel)
        }
        return Response(status: .init(code: answer.status), headers: answer.headers, body: body)
    }
}
