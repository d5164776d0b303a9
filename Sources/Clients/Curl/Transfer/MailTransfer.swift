import CCurl

/// One mail on its way through SMTP (RFC 5321).
final class MailTransfer: Transfer {
    private let mail: MailTransaction
    private let reply: CheckedContinuation<Result<SMTPReceipt, CurlError>, Never>
    private var sent = 0
    private var isUploading = false
    /// How far it has got: to what the next reply is one.
    private var stage = SMTPStage.session
    private var needsFreshConnection = false
    /// The lines of the last reply, and whether its last line has come.
    private var lines: [String] = []
    private var isComplete = true

    init(_ mail: MailTransaction, reply: CheckedContinuation<Result<SMTPReceipt, CurlError>, Never>) {
        self.mail = mail
        self.reply = reply
    }

    var timeout: Duration { mail.server.timeout }

    func prepare(_ easy: EasyHandle, sockets: UnsafeMutableRawPointer) {
        let server = mail.server
        easy.setCommon(
            host: server.host, timeout: server.timeout, connectTimeout: min(server.timeout, .seconds(15)), caFile: server.caFile, sockets: sockets)
        easy.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        // Bounds the wait for the goodbye after a refusal too, in whole seconds.
        easy.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, (server.timeout.curlMilliseconds + 999) / 1_000)
        let scheme = server.tls == .implicit ? "smtps" : "smtp"
        easy.set(CURLOPT_URL, "\(scheme)://\(server.host.asURLHost):\(server.port)/\(server.clientName ?? "")")
        easy.set(CURLOPT_USE_SSL, Int(server.useSSL.rawValue))
        if let user = server.user {
            easy.set(CURLOPT_USERNAME, user)
            easy.set(CURLOPT_PASSWORD, server.password ?? "")
            // PLAIN and LOGIN are what every server speaks, and TLS guards them.
            easy.set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN")
        }
        if needsFreshConnection || mail.isApart { easy.set(CURLOPT_FRESH_CONNECT, 1) }
        if mail.isApart { easy.set(CURLOPT_FORBID_REUSE, 1) }
        easy.watchCommands()
        easy.set(CURLOPT_MAIL_FROM, mail.sender)
        easy.set(CURLOPT_MAIL_RCPT, mail.recipients)
        easy.set(CURLOPT_UPLOAD, 1)
        easy.set(CURLOPT_UPLOAD_BUFFERSIZE, 16 << 10)
        easy.set(CURLOPT_INFILESIZE_LARGE, offset: mail.message.count)
    }

    func mayBegin() -> Bool { true }

    var mustBeCut: Bool { true }

    /// Before MAIL a refusal may be of one way to log in, and libcurl goes on with another.
    var isRefused: Bool { stage != .session && isComplete && lastCode ?? 0 >= 400 }

    func sent(command: UnsafeRawBufferPointer) {
        if command.starts(with: "MAIL ".utf8) { stage = .sender }
        if command.starts(with: "RCPT ".utf8) { stage = .recipient }
        if command.starts(with: "DATA".utf8) { stage = .data }
    }

    func receive(header line: UnsafeRawBufferPointer) -> Bool {
        let text = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        // libcurl says QUIT after a refusal; what it was refused with is the answer, not the goodbye.
        if text.hasPrefix("221") { return true }
        if isComplete { lines = [] }
        // 64 lines of a kilobyte: what a server says beyond that is not kept.
        if lines.count < 64 { lines.append(String(text.prefix(1024))) }
        // A hyphen behind the code: more lines follow (RFC 5321 section 4.2.1).
        isComplete = !text.dropFirst(3).hasPrefix("-")
        return true
    }

    func receive(content: UnsafeRawBufferPointer) -> Bool { true }

    func provide(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        isUploading = true
        stage = .message
        let count = min(buffer.count, mail.message.count - sent)
        mail.message.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count])) }
        sent += count
        return count
    }

    /// A connection kept from an earlier mail may have ended meanwhile. As long as no content has gone out the server cannot have
    /// taken the mail, so it is tried once more on a new one.
    func repeats(after code: CURLcode, _ easy: EasyHandle) -> Bool {
        let isBroken = [CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_WEIRD_SERVER_REPLY].contains(code)
        let isStale = lastCode == nil || lastCode == 421
        guard isBroken, isStale, !isUploading, !needsFreshConnection, easy.long(CURLINFO_NUM_CONNECTS) == 0 else { return false }
        needsFreshConnection = true
        lines = []
        isComplete = true
        return true
    }

    private var lastCode: Int? { lines.last.flatMap { Int($0.prefix(3)) } }

    private var lastReply: String {
        "\(lines.last?.prefix(3) ?? "") " + lines.map { String($0.dropFirst(4)) }.joined(separator: " ")
    }

    func finish(_ code: CURLcode, _ easy: EasyHandle) {
        let said = lastCode
        if code == CURLE_OK {
            reply.resume(returning: .success(SMTPReceipt(response: lastReply, code: said ?? 250)))
        } else if code != CURLE_OPERATION_TIMEDOUT, code != CURLE_USE_SSL_FAILED, let said, (400..<600).contains(said) {
            fail(.smtp(code: said, response: lastReply, stage: stage))
        } else {
            fail(CurlError(code, text: easy.explanation(code), host: mail.server.description, limit: 0))
        }
    }

    func fail(_ error: CurlError) {
        reply.resume(returning: .failure(error))
    }
}

extension SMTPServer {
    /// A password does not leave this machine in clear text: then STARTTLS is not a matter of what the server offers.
    fileprivate var useSSL: curl_usessl {
        switch tls {
        case .none: CURLUSESSL_NONE
        case .required, .implicit: CURLUSESSL_ALL
        case .whenOffered: user != nil && !host.isLoopback ? CURLUSESSL_ALL : CURLUSESSL_TRY
        }
    }
}
