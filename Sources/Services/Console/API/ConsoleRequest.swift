import Contracts
import Platform

/// A request of somebody who may make it.
struct ConsoleRequest: Sendable {
    let web: WebRequest
    let actor: Actor
    let runtime: ServiceRuntime

    /// The number in the path for `{name}`.
    func id(_ name: String) throws(Problem) -> Int {
        guard let text = web.pathParameter(name), let id = Int(text), id > 0 else { throw .missing("\(name) \(web.pathParameter(name) ?? "")") }
        return id
    }

    /// The job in the path.
    func job() throws(Problem) -> JobName {
        let job = JobName(rawValue: web.pathParameter("job") ?? "")
        guard JobName.all.contains(job) else { throw .missing("job \(job.rawValue.prefix(100))") }
        return job
    }

    /// A whole number of the query.
    func number(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = web.parameter(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw .invalid(name, "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// Which runs the query asks for.
    func runList() throws(Problem) -> RunList {
        var list = RunList()
        if let kind = web.parameter("show") {
            guard let known = RunList.Kind(rawValue: kind) else {
                throw .invalid("show", "show must be one of \(RunList.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            list.kind = known
        }
        if let job = web.parameter("job") {
            guard JobName.isWellFormed(job) else { throw .invalid("job", "job must be the name of a job, as bookings.cancel-expired") }
            list.job = job
        }
        list.before = try number("before", in: 1...Int.max)
        list.limit = try number("limit", in: 1...200) ?? list.limit
        return list
    }

    /// The body as a JSON object; an empty one is `{}`.
    func body() throws(Problem) -> MessageData {
        let isEmpty = web.body.allSatisfy { [0x09, 0x0A, 0x0D, 0x20].contains($0) }
        do {
            return try MessageData(isEmpty ? Array("{}".utf8)[...] : web.body[...])
        } catch {
            throw .invalid("body", error.description)
        }
    }
}

extension Problem {
    /// Of a member of the body that breaks its contract.
    init(_ violation: ContractViolation) {
        let field = violation.path.hasPrefix("data.") ? String(violation.path.dropFirst("data.".count)) : violation.path
        self = .invalid(field, ContractViolation(path: field, found: violation.found, expected: violation.expected).description)
    }
}
