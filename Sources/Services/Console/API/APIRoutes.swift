import Contracts
import FoundationEssentials
import Platform
import Postgres

/// The REST interface, as `Contracts/openapi.yaml` describes it.
struct APIRoutes: Sendable {
    /// The folder of its paths.
    static let root = "background-jobs"
    /// How long a trigger may be asked to wait for the end of its run.
    static let longestWait = 30

    let authenticator: Authenticator

    /// The triggers that have a path of their own, by what follows the folder.
    static let aliases: [(path: String, job: JobName)] = [
        ("payment-cleanup/run", .paymentsCleanupAbandoned), ("booking-cleanup/run", .bookingsCancelExpired),
        ("event-management/archive", .eventsArchivePast), ("analytics/daily-report", .analyticsGenerateDaily),
        ("data-cleanup/temp-files", .maintenanceCleanTemporaryFiles), ("notifications/weekly-newsletter", .marketingSendWeeklyNewsletter),
    ]

    /// Adds them to the service.
    func add(to service: inout ServiceBuilder) {
        get("status", &service) {
            try StatusDocument(await SystemStatus.look($0.runtime), await JobOverview.all(at: $0.runtime.clock.now, $0.runtime.database), $0.actor)
        }
        get("jobs", &service) { try await JobOverview.all(at: $0.runtime.clock.now, $0.runtime.database).map(JobDocument.init) }
        get("runs", &service) { request in
            let (runs, next) = try await request.runList().read(request.runtime.database)
            let now = request.runtime.clock.now
            return RunPageDocument(runs: runs.map { RunDocument($0, request.actor, at: now) }, next: next)
        }
        get("runs/{run}", &service) { try await Self.run($0) }
        get("services", &service) { try await ServicesDocument(SystemStatus.look($0.runtime)) }
        get("audit", needs: .readAudit, &service) { request in
            try await AuditLog.read(
                before: request.number("before", in: 1...Int.max), limit: request.number("limit", in: 1...200) ?? 50, request.runtime.database)
        }
        for (path, job) in Self.aliases {
            post(path, needs: .runJobs, limit: .seconds(Self.longestWait + 10), &service) { try await Self.trigger(job, $0) }
        }
        post("{job}/run", needs: .runJobs, limit: .seconds(Self.longestWait + 10), &service) { try await Self.trigger($0.job(), $0) }
        post("{job}/schedule", needs: .changeSchedules, &service) { try await Self.change($0) }
    }

    /// The answer to a path under ``root`` that there is not.
    func missing(_ request: WebRequest, _ actor: Actor?) -> WebResponse {
        (actor == nil ? Problem.stranger : .missing("route \(request.path.prefix(200))")).response.guarded(authenticator.cookie)
    }

    // MARK: - Answers

    private static func run(_ request: ConsoleRequest) async throws -> RunDocument {
        let (database, text) = (request.runtime.database, request.web.pathParameter("run") ?? "")
        let run =
            if let id = Int(text) { try await Run.find(id: id, database) } else { try await Run.find(tick: text.storable(atMost: 300), database) }
        guard let run else { throw Problem.missing("run \(text.prefix(300))") }
        return RunDocument(run, request.actor, at: request.runtime.clock.now)
    }

    private static func trigger(_ job: JobName, _ request: ConsoleRequest) async throws -> WebResponse {
        let action = try action(job, request)
        let seconds = try wait(request)
        switch try await action.perform(by: request.actor, request.runtime) {
        case .published(let tick):
            let path = "/\(root)/runs/\(tick.pathEscaped)"
            let run = seconds > 0 ? try await end(of: tick, within: seconds, request.runtime) : nil
            let document = TriggerDocument(
                tick: tick, run: path, result: run.map { RunDocument($0, request.actor, at: request.runtime.clock.now) })
            return try WebResponse(json: document, run == nil ? 202 : 200, headers: [("Location", path)])
        case .keyReused:
            throw Problem(
                status: 422, type: "key-reused", title: "The idempotency key was used for another request",
                detail: "Use a key of its own for each request; the same request may be repeated with its key.", field: "Idempotency-Key")
        case .notDeployed(let queue):
            throw Problem.unavailable("No queue takes \(job): \(queue) is not there. Is \(job.service) deployed?")
        case .unavailable(let reason): throw Problem.unavailable("The job was not triggered: \(reason).")
        }
    }

    private static func action(_ job: JobName, _ request: ConsoleRequest) throws -> TriggerAction {
        let body = try request.body()
        var action = TriggerAction(job: job)
        do throws(ContractViolation) {
            if body.has("dryRun") { action.dryRun = try body.boolean("dryRun") }
            if body.has("parameters") { action.parameters = try body.texts("parameters") }
            if body.has("scheduledFor") { action.scheduledFor = try body.instant("scheduledFor") }
            if body.has("reason") { action.reason = try body.reason("reason") }
        } catch {
            throw Problem(error)
        }
        if let key = request.web.header("idempotency-key") {
            guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw Problem.invalid("Idempotency-Key", "it must have 1 to 255 printable ASCII characters and no blanks")
            }
            action.idempotencyKey = key
        }
        return action
    }

    /// The seconds of `?wait=30s`.
    private static func wait(_ request: ConsoleRequest) throws(Problem) -> Int {
        guard let text = request.web.parameter("wait") else { return 0 }
        guard let seconds = Int(text.hasSuffix("s") ? String(text.dropLast()) : text), (0...longestWait).contains(seconds) else {
            throw .invalid("wait", "wait must be from 0s to \(longestWait)s")
        }
        return seconds
    }

    /// The run of a tick when it has ended in time; nil otherwise.
    private static func end(of tick: String, within seconds: Int, _ runtime: ServiceRuntime) async throws -> Run? {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            if let run = try await Run.find(tick: tick, runtime.database), run.outcome != .running { return run }
            try await Task.sleep(for: .milliseconds(100))
        }
        return nil
    }

    private static func change(_ request: ConsoleRequest) async throws -> WebResponse {
        let (job, body) = (try request.job(), try request.body())
        var change = ScheduleChange()
        var reason = ""
        do throws(ContractViolation) {
            if body.has("enabled") { change.enabled = try body.boolean("enabled") }
            if body.has("cron") { change.cron = try body.text("cron", length: 1...200) }
            if body.has("zone") { change.zone = try body.text("zone", length: 1...100) }
            if body.has("misfire") { change.misfire = (try body.choice("misfire") as Tick.Misfire).rawValue }
            if body.has("reset") { change.resetsOthers = try body.boolean("reset") }
            if body.has("reason") { reason = try body.reason("reason") }
        } catch {
            throw Problem(error)
        }
        guard change.enabled != nil || change.cron != nil || change.zone != nil || change.misfire != nil || change.resetsOthers else {
            throw Problem.invalid("body", "nothing is to be changed: give enabled, cron, zone, misfire or reset")
        }
        if let problem = ScheduleAction.problem(cron: change.cron, zone: change.zone) { throw Problem.invalid(problem.field, problem.reason) }
        let action = change.enabled.map { $0 ? "schedule.resume" : "schedule.pause" } ?? "schedule.override"
        let done = try await ScheduleAction(job: job.rawValue, change: change, action: action, reason: reason).perform(
            by: request.actor, request.runtime)
        guard done != nil, let overview = try await JobOverview.find(job.rawValue, at: request.runtime.clock.now, request.runtime.database) else {
            throw Problem.missing("schedule of \(job): tick-publisher brings Contracts/schedules.yaml in when it starts")
        }
        return try WebResponse(json: JobDocument(overview))
    }

    // MARK: - Routes

    private func get<Document: Encodable & SendableMetatype>(
        _ path: String, needs permission: Permission = .look, _ service: inout ServiceBuilder,
        _ document: @escaping @Sendable (ConsoleRequest) async throws -> Document
    ) {
        add(.get, path, permission, WebRoute.limit, &service) { try WebResponse(json: try await document($0)) }
    }

    private func post(
        _ path: String, needs permission: Permission, limit: Duration = WebRoute.limit, _ service: inout ServiceBuilder,
        _ respond: @escaping @Sendable (ConsoleRequest) async throws -> WebResponse
    ) {
        add(.post, path, permission, limit, &service, respond)
    }

    private func add(
        _ method: WebRoute.Method, _ path: String, _ permission: Permission, _ limit: Duration, _ service: inout ServiceBuilder,
        _ respond: @escaping @Sendable (ConsoleRequest) async throws -> WebResponse
    ) {
        let authenticator = authenticator
        let route = WebRoute(method, "\(Self.root)/\(path)", limit: limit, unavailable: Self.unavailable) { request, runtime in
            do {
                guard let actor = try await authenticator.actor(of: request, runtime) else { throw Problem.stranger }
                guard actor.may(permission) else { throw Problem.forbidden(permission, actor) }
                if method == .post, !authenticator.isOurs(request, actor) { throw Problem.foreignForm }
                let response = try await respond(ConsoleRequest(web: request, actor: actor, runtime: runtime))
                return response.guarded(authenticator.cookie)
            } catch let problem as Problem {
                return problem.response.guarded(authenticator.cookie)
            }
        }
        service.add(route: route)
    }

    @Sendable static func unavailable(_ request: WebRequest) -> WebResponse {
        Problem.unavailable("The database does not answer.").response
    }
}

extension String {
    /// With everything escaped that does not stand for itself in a part of a path (RFC 3986).
    var pathEscaped: String {
        var escaped = ""
        for byte in utf8 {
            let character = Character(Unicode.Scalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "-._~@:".contains(character) {
                escaped.append(character)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                escaped += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return escaped
    }
}
