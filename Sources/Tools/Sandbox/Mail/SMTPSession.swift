import NIOCore

/// One client's session with the mail server.
struct SMTPSession {
    /// The session was ended by the client or by a fault.
    private struct Ended: Error {}

    private let world: SandboxState
    private let credentials: SMTPCredentials
    private let maximumSize: Int
    /// Nil when STARTTLS is not offered.
    private let tls: TLSCertificate?
    private let channel: any Channel
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var reader: SMTPReader
    private var isSecure = false
    private var isAuthenticated = false
    private var envelope: SMTPEnvelope?

    init(
        world: SandboxState, settings: Settings, tls: TLSCertificate?, channel: any Channel,
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.world = world
        credentials = SMTPCredentials(user: settings.smtpUser, password: settings.smtpPassword)
        maximumSize = settings.maximumMailSize
        self.tls = tls
        self.channel = channel
        self.outbound = outbound
        reader = SMTPReader(inbound.makeAsyncIterator())
    }

    private var journal: RequestLog { world.journals[.smtp] }

    /// Serves the client until it disconnects, is cut off, or the connection breaks.
    mutating func run() async {
        do {
            try await greet()
            while let line = try await reader.command() { try await obey(SMTPCommand(line)) }
        } catch is SMTPReader.LineTooLong {
            try? await reply("500 5.5.2 Line too long")
        } catch {
            // The client has disconnected or was cut off, so no reply is possible.
        }
        finish()
    }

    private mutating func greet() async throws {
        guard let fault = world.faults.apply(.smtp, FaultSubject(stage: .connect)) else {
            return try await reply("220 sandbox ESMTP")
        }
        envelope = SMTPEnvelope(sender: "", number: journal.arrived(Received.mail("CONNECT", sender: "")), status: 0, fault: fault.id)
        if let reply = try await suffer(fault) {
            try await answer(reply)
            throw Ended()
        }
        envelope?.status = 220
        finish()
        try await reply("220 sandbox ESMTP")
    }

    private mutating func obey(_ command: SMTPCommand) async throws {
        switch command {
        case .hello: try await reply("250 sandbox")
        case .extendedHello: try await reply(extensions)
        case .startTLS: try await startTLS()
        case .authenticate(let mechanism, let initial): try await authenticate(mechanism, initial)
        case .mail(let sender, let size): try await begin(sender, size)
        case .recipient(let recipient): try await add(recipient)
        case .data: try await takeMessage()
        case .reset:
            finish()
            try await reply("250 2.0.0 Reset")
        case .nothing: try await reply("250 2.0.0 Nothing done")
        case .verify: try await reply("252 2.1.5 Send some mail, I will try")
        case .quit:
            try await reply("221 2.0.0 Bye")
            throw Ended()
        case .malformed(let verb): try await reply("501 5.5.4 Cannot read the rest of \(verb)")
        case .unknown(let verb): try await reply("500 5.5.1 No command \(verb)")
        }
    }

    private var extensions: String {
        var lines = ["sandbox", "8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES", "SIZE \(maximumSize)"]
        if tls != nil && !isSecure {
            lines.append("STARTTLS")
        } else {
            lines.append("AUTH PLAIN LOGIN")
        }
        return lines.enumerated().map { "250\($0.offset == lines.count - 1 ? " " : "-")\($0.element)" }.joined(separator: "\r\n")
    }

    // MARK: Security

    private mutating func startTLS() async throws {
        guard let tls, !isSecure else { return try await reply("502 5.5.1 STARTTLS is not offered") }
        finish()
        reader.forget()
        // In one step of the event loop, so that the client's first TLS record cannot arrive between the reply and the
        // handler.
        try await channel.eventLoop.submit { [channel] in
            let handler = TLSHandler(try tls.session())
            channel.writeAndFlush(ByteBuffer(string: "220 2.0.0 Go on\r\n"), promise: nil)
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        }.get()
        isSecure = true
        isAuthenticated = false
    }

    private mutating func authenticate(_ mechanism: String, _ initial: String?) async throws {
        if tls != nil && !isSecure { return try await reply("538 5.7.11 STARTTLS first") }
        let isAccepted: Bool
        switch mechanism {
        case "PLAIN": isAccepted = credentials.acceptsPlain(try await given(initial, orAsk: "334 "))
        case "LOGIN":
            let user = SMTPCredentials.decoded(try await given(initial, orAsk: "334 VXNlcm5hbWU6"))
            let password = SMTPCredentials.decoded(try await given(nil, orAsk: "334 UGFzc3dvcmQ6"))
            isAccepted = credentials.accepts(user: user ?? "", password: password ?? "")
        default: return try await reply("504 5.5.4 AUTH takes PLAIN and LOGIN")
        }
        isAuthenticated = isAccepted
        try await reply(isAccepted ? "235 2.7.0 Welcome" : "535 5.7.8 Wrong user or password")
    }

    private mutating func given(_ response: String?, orAsk question: String) async throws -> String {
        if let response { return response }
        try await reply(question)
        guard let line = try await reader.command() else { throw Ended() }
        return line
    }

    // MARK: A mail

    private mutating func begin(_ sender: String, _ size: Int?) async throws {
        guard credentials.user == nil || isAuthenticated else { return try await reply("530 5.7.0 AUTH first") }
        finish()
        guard size ?? 0 <= maximumSize else { return try await reply("552 5.3.4 More than \(maximumSize) bytes") }
        envelope = SMTPEnvelope(sender: sender, number: journal.arrived(Received.mail("MAIL", sender: sender)), status: 250)
        if let refusal = try await apply(FaultSubject(path: sender, stage: .sender)) { return try await answer(refusal, ending: true) }
        try await reply("250 2.1.0 Sender taken")
    }

    private mutating func add(_ recipient: String) async throws {
        guard let envelope else { return try await reply("503 5.5.1 MAIL first") }
        let subject = FaultSubject(path: envelope.sender, recipients: [recipient], stage: .recipient)
        if let refusal = try await apply(subject) { return try await answer(refusal) }
        self.envelope?.recipients.append(recipient)
        try await answer("250 2.1.5 Recipient taken")
    }

    private mutating func takeMessage() async throws {
        guard let envelope else { return try await reply("503 5.5.1 MAIL first") }
        guard !envelope.recipients.isEmpty else { return try await reply("554 5.5.1 No recipient was taken") }
        var subject = FaultSubject(path: envelope.sender, recipients: envelope.recipients, stage: .data)
        if let fault = world.faults.apply(.smtp, subject) {
            self.envelope?.fault = fault.id
            if fault.action.cut == .body {
                try await reply("354 End with a dot")
                try await reader.waitForMore()
            }
            if let refusal = try await suffer(fault) { return try await answer(refusal) }
        }
        try await reply("354 End with a dot")
        guard let message = try await reader.message(maximum: maximumSize) else { throw Ended() }
        if message.isTooLong { return try await answer("552 5.3.4 More than \(maximumSize) bytes", ending: true) }

        subject.stage = .message
        let fault = world.faults.apply(.smtp, subject)
        self.envelope?.fault = fault?.id ?? envelope.fault
        if let fault, let refusal = try await suffer(fault) { return try await answer(refusal, ending: true) }
        world.mailbox.take(.init(at: .now, sender: envelope.sender, recipients: envelope.recipients, raw: message.text))
        journal.caused(.done)
        if fault?.action.cut == .afterEffect {
            self.envelope?.status = 0
            try? await channel.close().get()
            throw Ended()
        }
        try await answer("250 2.0.0 Taken", ending: true)
    }

    /// Closes the current mail's entry in the request log, if there is one.
    private mutating func finish() {
        guard let envelope else { return }
        let details = Received.Details(headers: ["recipients": envelope.recipients.joined(separator: ", ")])
        journal.finished(envelope.number, status: envelope.status == 0 ? nil : envelope.status, fault: envelope.fault, details: details)
        self.envelope = nil
    }

    // MARK: Faults and answers

    /// Applies a fault to the current mail at this stage; returns its reply if the fault has one, which is sent instead
    /// of going on.
    private mutating func apply(_ subject: FaultSubject) async throws -> String? {
        guard let fault = world.faults.apply(.smtp, subject) else { return nil }
        envelope?.fault = fault.id
        return try await suffer(fault)
    }

    /// Performs the action of a fault; throws when it ends the session.
    private mutating func suffer(_ fault: (id: Int, action: FaultRequest.Action)) async throws -> String? {
        try await world.faults.delay(.milliseconds(fault.action.delayMs ?? 0), fault: fault.id, on: channel.eventLoop)
        if fault.action.hang == true {
            envelope?.status = 0
            await world.faults.hang(channel, fault: fault.id)
            throw Ended()
        }
        if let cut = fault.action.cut, cut != .afterEffect {
            envelope?.status = 0
            try? await channel.close().get()
            throw Ended()
        }
        return fault.action.smtpReply
    }

    /// Sends a reply that decides about the current mail.
    private mutating func answer(_ text: String, ending: Bool = false) async throws {
        envelope?.status = Int(text.prefix(3)) ?? 0
        if ending { finish() }
        try await reply(text)
    }

    private func reply(_ text: String) async throws {
        try await EventLoopSleep.wait(world.faults.latency(of: .smtp), on: channel.eventLoop)
        try await outbound.write(ByteBuffer(string: text + "\r\n"))
    }
}
