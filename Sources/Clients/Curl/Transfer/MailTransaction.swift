/// One mail as SMTP sees it: the envelope and the bytes.
struct MailTransaction: Sendable {
    let server: SMTPServer
    let sender: String
    let recipients: [String]
    let message: [UInt8]
    /// Whether it must have a connection of its own, see `MailConnections`.
    var isApart = false
}

extension MailTransaction {
    /// Renders and checks a mail and the server's own words; throws `invalidMail`, `invalidURL` or `insecureLogin`.
    init(_ message: MailMessage, _ server: SMTPServer) throws(CurlError) {
        guard (1...65_535).contains(server.port), !server.host.isEmpty, server.host.utf8.allSatisfy(\.isHostCharacter) else {
            throw .invalidURL("the mail server must be a host name or address and a port from 1 to 65535")
        }
        guard server.clientName?.utf8.allSatisfy(\.isHostCharacter) ?? true else {
            throw .invalidURL("the client name for the mail server must be a host name")
        }
        if server.user != nil, server.tls == .none, !server.host.isLoopback { throw .insecureLogin(host: server.host) }
        do throws(MailError) {
            let rendered = try message.rendered()
            let sender = message.envelopeSender ?? message.from.address
            let checked = sender.isEmpty ? "" : try MailAddress(sender).address
            self.init(server: server, sender: checked, recipients: message.recipients, message: rendered)
        } catch {
            throw .invalidMail(error)
        }
    }
}

extension UInt8 {
    fileprivate var isHostCharacter: Bool { isLetterOrDigit || "-._:[]".utf8.contains(self) }
}
