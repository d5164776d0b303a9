/// A fault as it is ordered at `POST /_sandbox/faults`.
struct FaultRequest: Codable, Sendable {
    let part: StubID
    /// Only requests that match every given member; nil matches all of the part.
    var match: Match?
    /// How many matching requests it strikes; nil (or left out) means for ever.
    var times: Int?
    /// How many matching requests pass before it strikes.
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

    /// What happens. Members combine: `delayMs` comes first, then whichever of the others is given.
    struct Action: Codable, Sendable {
        /// Answer with this HTTP status and have no effect.
        var status: Int?
        /// Seconds, or a date as it stands, for the `Retry-After` header of `status`.
        var retryAfter: JSONValue?
        /// The body of that answer: a text as it stands, anything else as JSON; by default a refusal in the stand-ins' own words.
        var body: JSONValue?
        /// Wait before anything else, or until the fault is deleted; the effect comes after the wait, whether the caller is still there or not.
        var delayMs: Int?
        var cut: Cut?
        /// Never answer; the connection stays open until the caller leaves, the fault is deleted or the sandbox ends. No effect.
        var hang: Bool?
        /// Answer as if the bearer token were void (401). No effect.
        var void: Bool?
        /// Answer of the mail server, as `451 try later`.
        var smtpReply: String?
        /// Where in the mail session `smtpReply`, `hang` or `delayMs` strikes; `rcpt` when a recipient is matched, else `message`.
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

    /// The point of a mail session at which this strikes.
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

    /// What is wrong with this order; nil when it can be used.
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
