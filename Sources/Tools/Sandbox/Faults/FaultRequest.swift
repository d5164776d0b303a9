/// The body of `POST /_sandbox/faults`.
struct FaultRequest: Codable, Sendable {
    let part: StubID
    /// Only requests that match every given member; nil matches all requests to the stub.
    var match: Match?
    /// To how many matching requests the fault is applied; nil (or left out) means to all.
    var times: Int?
    /// How many matching requests pass before the fault is applied.
    var after: Int?
    let action: Action

    struct Match: Codable, Sendable {
        var path: Pattern?
        var token: Pattern?
        var reference: Pattern?
        var userId: Int64?
        var recipient: Pattern?

        func matches(_ subject: FaultSubject) -> Bool {
            func holds(_ pattern: Pattern?, _ value: String?) -> Bool {
                guard let pattern else { return true }
                guard let value else { return false }
                return pattern.matches(value)
            }
            return holds(path, subject.path) && holds(token, subject.token) && holds(reference, subject.reference)
                && (userId.map { subject.userIds.contains($0) } ?? true)
                && (recipient.map { subject.recipients.contains(where: $0.matches) } ?? true)
        }
    }

    /// The effect of the fault. Members combine: `delayMs` comes first, then whichever of the others is given.
    struct Action: Codable, Sendable {
        /// Answer with this HTTP status and have no effect.
        var status: Int?
        /// The `Retry-After` header of `status`: seconds, or a date, which is sent unchanged.
        var retryAfter: JSONValue?
        /// The body of that answer: a text is sent unchanged, anything else as JSON; by default a refusal in the stub's
        /// own format.
        var body: JSONValue?
        /// Wait before anything else, or until the fault is deleted; the effect follows the wait, even if the caller
        /// has disconnected.
        var delayMs: Int?
        var cut: Cut?
        /// Never answer; the connection stays open until the caller disconnects, the fault is deleted or the sandbox
        /// stops. No effect.
        var hang: Bool?
        /// Answer as if the bearer token were void (401). No effect.
        var void: Bool?
        /// The reply of the mail server, such as `451 try later`.
        var smtpReply: String?
        /// The point of the mail session at which `smtpReply`, `hang` or `delayMs` is applied; `rcpt` when a recipient
        /// is matched, else `message`.
        var stage: MailStage?
    }

    /// Where the connection is cut.
    enum Cut: String, Codable, Sendable {
        /// Before any effect and any answer.
        case before
        /// Effect done, status line and headers sent.
        case headers
        /// Effect done, half of the answer sent.
        case body
        /// Effect done, nothing sent.
        case afterEffect = "after-effect"
    }

    /// The point of a mail session at which the fault is applied.
    var stage: MailStage {
        if let stage = action.stage { return stage }
        switch action.cut {
        case .before: return match?.recipient == nil ? .connect : .recipient
        case .headers: return .recipient
        case .body: return .data
        case .afterEffect: return .message
        case nil: return action.smtpReply != nil && match?.recipient != nil ? .recipient : .message
        }
    }

    /// Why the request is invalid; nil when it is valid.
    var problem: String? {
        let action = action
        if let times, times < 1 { return "times must be at least 1; leave it out for ever" }
        if let after, after < 0 { return "after must not be negative" }
        if let delay = action.delayMs, !(0...3_600_000).contains(delay) { return "action.delayMs must be from 0 to 3600000" }
        if let status = action.status, !(200...599).contains(status) { return "action.status must be from 200 to 599" }
        if action.body != nil, action.status == nil { return "action.body goes with action.status" }
        if let reply = action.smtpReply {
            let code = reply.prefix(3)
            guard part == .smtp, let number = Int(code), (200...599).contains(number) else {
                return "action.smtpReply is for part smtp and starts with a three-digit code"
            }
        }
        if part == .smtp, action.status != nil || action.void != nil { return "part smtp takes smtpReply, not status or void" }
        let given: [Bool] = [
            action.status != nil, action.cut != nil, action.hang == true, action.void == true, action.smtpReply != nil,
        ]
        let others = given.filter { $0 }.count
        if others > 1 { return "action takes one of status, cut, hang, void and smtpReply" }
        if others == 0, action.delayMs == nil { return "action needs one of status, delayMs, cut, hang, void and smtpReply" }
        return nil
    }
}
