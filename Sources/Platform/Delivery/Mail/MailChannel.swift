import Contracts
import Curl

/// Mails by SMTP. The `Message-ID` comes from the dedupe key, so that a mail that is sent again is recognised as the same one.
///
/// | answer | what becomes of the mail |
/// | --- | --- |
/// | 2xx | sent |
/// | 4xx, no connection, time-out | sent again later |
/// | 5xx to the connection, the login or the sender; no TLS where it is required | sent again later: the configuration is to blame, not the mail |
/// | 5xx to the recipient or the content, an address that is none, a template or fact that is missing | bounced |
public struct MailChannel: DeliveryChannel {
    /// Mail.
    public let kind = Parcel.Kind.mail
    /// How many mails at once.
    public let inFlight: Int
    private let server: SMTPServer
    private let from: MailAddress
    private let frontend: String
    private let templates: MailTemplates
    private let web: CurlClient
    private let clock: WallClock

    /// A channel to the mail server of `SMTP_HOST`, `SMTP_PORT` (587), `SMTP_USER`, `SMTP_PASS`, `SMTP_TLS` (`opportunistic`), from `SMTP_FROM`
    /// (which may have a name: `Box Office <tickets@example.org>`), with links to `FRONTEND_URL`.
    /// - Throws: ``ConfigurationError``.
    public init(_ settings: Settings, _ assembly: Assembly, templates: MailTemplates) throws(ConfigurationError) {
        server = try SMTPServer(settings)
        from = try settings.mailbox("SMTP_FROM")
        frontend = try settings.url("FRONTEND_URL")
        inFlight = try settings.integer("MAIL_IN_FLIGHT", default: 4, in: 1...100)
        self.templates = templates
        web = assembly.web
        clock = assembly.clock
    }

    /// Renders the mail and hands it to the mail server.
    public func send(_ payload: [UInt8], key: String) async throws(DeliveryFailure) {
        let message = try message(payload, key: key)
        do {
            _ = try await web.send(message, through: server)
        } catch {
            throw failure(error)
        }
    }

    private struct Content: Decodable {
        let template: String
        let to: MailContact
        let facts: [String: MailFact]
    }

    private func message(_ payload: [UInt8], key: String) throws(DeliveryFailure) -> MailMessage {
        do {
            let content = try WireCoding.decodeJSON(Content.self, from: payload[...])
            guard let template = templates.template(content.template, for: content.to.language) else {
                throw DeliveryFailure.refused("there is no template \(content.template)")
            }
            let name = content.to.name.oneLine
            let mail = try template.rendered(content.facts, name: name, frontend: frontend)
            return MailMessage(
                from: from, to: [try MailAddress(content.to.email, name: name)], subject: mail.subject, text: mail.text, html: mail.html,
                headers: [("Auto-Submitted", "auto-generated")], messageID: "\(key.replacing("/", with: "."))@\(from.domain)", date: clock.now)
        } catch let failure as DeliveryFailure {
            throw failure
        } catch {
            throw .refused("\(error)")
        }
    }

    private func failure(_ error: CurlError) -> DeliveryFailure {
        switch error {
        case .smtp(let code, _, .session), .smtp(let code, _, .sender):
            .later(code >= 500 ? "check SMTP_USER, SMTP_PASS and SMTP_FROM: \(error)" : "\(error)")
        case .smtp(let code, _, _) where code >= 500: .refused("\(error)")
        case .invalidMail: .refused("\(error)")
        case .tls: .later("check SMTP_TLS and the certificate of \(server): \(error)")
        default: .later("\(error)")
        }
    }
}
