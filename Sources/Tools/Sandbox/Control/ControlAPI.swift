import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOFoundationEssentialsCompat

/// The API under `/_sandbox/` with which tests and the demo set up the stubs and read what they received.
struct ControlAPI: Sendable {
    let world: SandboxState

    /// All routes.
    var router: Router<SandboxContext> {
        let router = Router(context: SandboxContext.self)
        let control = router.group("_sandbox")
        control.get("health") { _, _ in try health() }
        control.post("reset") { request, context in try await reset(request, context) }
        control.post("bytemark/tokens") { request, context in try await preloadTokens(request, context) }
        control.post("gateway/transactions") { request, context in try await preloadTransactions(request, context) }
        control.post("gateway/refunds") { request, context in try await orderRefunds(request, context) }
        control.post("latency") { request, context in try await setLatency(request, context) }
        control.get("counts") { _, _ in try counts() }
        control.get("pushes") { request, _ in try pushes(request) }
        control.get("refunds") { request, _ in try refunds(request) }
        control.get("received") { request, _ in try received(request) }
        control.delete("received") { request, _ in try removeReceived(request) }
        control.post("faults") { request, context in try await addFault(request, context) }
        control.get("faults") { _, _ in try json(world.faults.reports) }
        control.delete("faults") { _, _ in try json(["removed": world.faults.remove()]) }
        control.delete("faults/:id") { _, context in try removeFault(context) }
        control.get("mails") { request, _ in try mails(request) }
        return router
    }

    // MARK: Arranging

    private func reset(_ request: Request, _ context: SandboxContext) async throws -> Response {
        struct Order: Decodable { var parts: [StubID]? }
        let order: Order? = try await optionalBody(request, context)
        world.reset(Set(order?.parts ?? StubID.allCases))
        return try json(["reset": (order?.parts ?? StubID.allCases).map(\.rawValue)])
    }

    private func preloadTokens(_ request: Request, _ context: SandboxContext) async throws -> Response {
        try world.bytemark.preload(try await body(request, context))
        return try json(["tokens": world.bytemark.tokenCount])
    }

    private func preloadTransactions(_ request: Request, _ context: SandboxContext) async throws -> Response {
        let transactions: [Transaction] = try await body(request, context)
        world.gateway.preload(transactions)
        return try json(["transactions": transactions.count])
    }

    private func orderRefunds(_ request: Request, _ context: SandboxContext) async throws -> Response {
        struct Order: Codable {
            let transaction: String
            let status: RefundStatus
        }
        let order: Order = try await body(request, context)
        world.gateway.order(order.status, ofRefundsOf: order.transaction)
        return try json(order)
    }

    private func setLatency(_ request: Request, _ context: SandboxContext) async throws -> Response {
        struct Order: Codable {
            let part: StubID
            let ms: Double
        }
        let order: Order = try await body(request, context)
        guard (0...3_600_000).contains(order.ms) else { throw HTTPError(.badRequest, message: "ms must be from 0 to 3600000") }
        world.faults.setLatency(.microseconds(Int64(order.ms * 1000)), of: order.part)
        return try json(order)
    }

    private func addFault(_ request: Request, _ context: SandboxContext) async throws -> Response {
        let fault: FaultRequest = try await body(request, context)
        if let problem = fault.problem { throw HTTPError(.badRequest, message: problem) }
        return try json(["id": world.faults.add(fault)], status: .created)
    }

    private func removeFault(_ context: SandboxContext) throws -> Response {
        guard let id = context.parameters.get("id", as: Int.self), world.faults.remove(id: id) > 0 else {
            throw HTTPError(.notFound, message: "There is no such fault.")
        }
        return try json(["removed": 1])
    }

    // MARK: Looking

    private func health() throws -> Response {
        struct Health: Encodable {
            let status = "ok"
            let httpPort: Int
            let smtpPort: Int
        }
        return try json(Health(httpPort: world.ports.http, smtpPort: world.ports.smtp))
    }

    private func counts() throws -> Response {
        try json(Dictionary(uniqueKeysWithValues: StubID.allCases.map { ($0.rawValue, world.journals[$0].counts) }))
    }

    private func pushes(_ request: Request) throws -> Response {
        let userId = try number(request, "userId").map(Int64.init)
        return try json(world.push.delivered(since: try number(request, "since") ?? 0, limit: try number(request, "limit"), userId: userId))
    }

    private func refunds(_ request: Request) throws -> Response {
        try json(world.gateway.refunds(since: try number(request, "since") ?? 0, limit: try number(request, "limit")))
    }

    private func mails(_ request: Request) throws -> Response {
        let recipient = request.uri.queryParameters["recipient"].map { Pattern(String($0)) }
        let mails = world.mailbox.mails(since: try number(request, "since") ?? 0, limit: try number(request, "limit"), recipient: recipient)
        return try json(mails.map { MailReport(number: $0.number, $0.mail) })
    }

    private func received(_ request: Request) throws -> Response {
        let since = try number(request, "since") ?? 0
        let limit = try number(request, "limit")
        return try json(try parts(request).flatMap { world.journals[$0].received(since: since, limit: limit) })
    }

    private func removeReceived(_ request: Request) throws -> Response {
        let parts = try parts(request)
        for part in parts { world.journals[part].removeReceived() }
        return try json(["removed": parts.map(\.rawValue)])
    }

    // MARK: Reading and answering

    private func parts(_ request: Request) throws -> [StubID] {
        guard let name = request.uri.queryParameters["part"] else { return StubID.allCases }
        guard let part = StubID(rawValue: String(name)) else {
            throw HTTPError(.badRequest, message: "part must be one of \(StubID.allCases.map(\.rawValue))")
        }
        return [part]
    }

    private func number(_ request: Request, _ name: Substring) throws -> Int? {
        guard let text = request.uri.queryParameters[name] else { return nil }
        guard let number = Int(text), number >= 0 else { throw HTTPError(.badRequest, message: "\(name) must be a whole number of at least 0") }
        return number
    }

    private func body<Value: Decodable>(_ request: Request, _ context: SandboxContext) async throws -> Value {
        guard let value: Value = try await optionalBody(request, context) else { throw HTTPError(.badRequest, message: "A JSON body is needed.") }
        return value
    }

    private func optionalBody<Value: Decodable>(_ request: Request, _ context: SandboxContext) async throws -> Value? {
        let buffer = try await request.body.collect(upTo: context.maxUploadSize)
        guard buffer.readableBytes > 0 else { return nil }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(buffer: buffer))
        } catch {
            throw HTTPError(.badRequest, message: "The body cannot be read: \(error)")
        }
    }

    private func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let answer = try Answer(status: status.code, json: value)
        return Response(status: status, headers: answer.headers, body: ResponseBody(byteBuffer: answer.body))
    }
}
