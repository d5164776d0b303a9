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
        try server.check()
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
