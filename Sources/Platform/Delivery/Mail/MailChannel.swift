import Contracts
import Curl

/// Sends mails by SMTP. The `Message-ID` is made from the dedupe key, so that a mail that is sent again is recognised
/// as a duplicate.
///
/// | response | the mail is |
/// | --- | --- |
/// | 2xx | sent |
/// | a refusal that is about us: our login, our sender, our quota; no TLS where it is required | retried, for two days; the channel pauses |
/// | a refusal that is about the recipient or this mail; an invalid address, a missing template or fact | bounced |
/// | 4xx, no connection, time-out | retried, for two days |
/// | any other 5xx | retried, ten times |
///
/// ``MailRefusal`` classifies the refusals.
public struct MailChannel: DeliveryChannel {
    /// Mail.
    public let kind = OutboundDelivery.Kind.mail
    /// How many mails at once.
    public let inFlight: Int
    /// About two days: mail servers can be down for a night, and quotas are renewed after a day.
    public let attempts: Int? = 72
    /// For a 5xx that names neither recipient nor content as its reason.
    private static let attemptsAtRefusals = 10
    private let server: SMTPServer
    private let from: MailAddress
    private let frontend: String
    private let templates: MailTemplates
    private let gate: (any MailGate)?
    private let limiter: MailRateLimiter
    private let links: (any SubscriptionLinks)?
    private let outside: OutsideService
    private let clock: WallClock
    private let recentFacts = RecentFacts()

    /// A channel to the mail server of ``MailSettings``.
    /// - Parameters:
    ///   - gate: Is asked right before mails are sent whether they still may be.
    ///   - links: How recipients unsubscribe from mails with a ``Mail/subscription``; such mails are not sent without.
    /// - Throws: ``ConfigurationError``.
    public init(
        _ settings: Settings, _ builder: ServiceBuilder, templates: MailTemplates, gate: (any MailGate)? = nil,
        links: (any SubscriptionLinks)? = nil
    ) throws(ConfigurationError) {
        from = try settings.value(MailSettings.from)
        server = try SMTPServer(settings, from: from)
        frontend = try settings.value(MailSettings.frontend)
        inFlight = try settings.value(MailSettings.inFlight)
        self.templates = templates
        self.gate = gate
        limiter = MailRateLimiter(
            perMinute: try settings.optional(MailSettings.perMinute), perDomainPerMinute: try settings.optional(MailSettings.perDomainPerMinute))
        self.links = links
        outside = builder.outside("mail")
        clock = builder.clock
    }

    /// Renders the mail and sends it to the mail server.
    public func send(_ payload: [UInt8], key: String) async throws(DeliveryFailure) {
        let message = try message(payload, key: key)
        do {
            _ = try await outside.send(message, through: server)
        } catch {
            throw failure(error, to: message)
        }
    }

    /// A mail needs a time of its own where there is a limit for each domain.
    public var isScheduled: Bool { limiter.perDomainPerMinute != nil }

    /// As many as the limits of a minute allow, and none while the gate is closed.
    public func permit(_ wanted: Int, _ tx: Transaction) async throws -> Int {
        if let gate, try await !gate.isOpen(tx) { return 0 }
        return try await limiter.take(wanted, tx)
    }

    /// Gives back what the limit of a minute was charged with.
    public func giveBack(_ permits: Int, _ tx: Transaction) throws { try limiter.giveBack(permits, tx) }

    /// Asks the gate about the mails that a recipient can unsubscribe from.
    public func withheld(_ claimed: [(dedupeKey: String, payload: [UInt8])], _ tx: Transaction) async throws -> [String: String] {
        guard let gate else { return [:] }
        let mails = claimed.compactMap { key, payload -> QueuedMail? in
            MailContent.subscriber(payload).map { QueuedMail(dedupeKey: key, address: $0) }
        }
        return mails.isEmpty ? [:] : try await gate.withheld(mails, tx)
    }

    private func message(_ payload: [UInt8], key: String) throws(DeliveryFailure) -> MailMessage {
        do {
            let content = try MailContent(payload, recentFacts)
            guard let template = templates.template(content.template, for: content.to.language) else {
                throw DeliveryFailure.refused("there is no template \(content.template)")
            }
            let name = content.to.name.oneLine
            let link = try content.subscription.map { try self.link($0, content.template) }
            var facts = content.facts
            if let link { facts["unsubscribe"] = .text(link.page) }
            // A key may have an address in it; the id has one @.
            let messageID = "\(key.asMessageIDLeft)@\(from.domain)"
            let images = (content.charts ?? []).enumerated().map { index, chart in
                MailImage(contentID: "chart\(index).\(messageID)", type: "image/png", content: chart.image)
            }
            if let charts = content.charts {
                facts["charts"] = .list(zip(charts, images).map { $0.facts(source: "cid:\($1.contentID)") })
            }
            let mail = try template.rendered(facts, name: name, frontend: frontend)
            return MailMessage(
                from: from, to: [try MailAddress(pasted: content.to.email, name: name)], subject: mail.subject, text: mail.text, html: mail.html,
                images: images,
                headers: [("Auto-Submitted", "auto-generated")] + (link?.headers ?? []), messageID: messageID,
                date: clock.now)
        } catch let failure as DeliveryFailure {
            throw failure
        } catch {
            throw .refused("\(error)")
        }
    }

    private func link(_ subscription: MailSubscription, _ template: String) throws(DeliveryFailure) -> SubscriptionLink {
        guard let link = links?.link(for: subscription, template: template, from: from.domain) else {
            throw .refused("the recipient could not unsubscribe from \(subscription.scope)")
        }
        return link
    }

    private func failure(_ error: CurlError, to message: MailMessage) -> DeliveryFailure {
        let recipient = message.recipients.first ?? ""
        switch error {
        case .smtp(let code, let response, let stage):
            let refusal = MailRefusal(code: code, response: response, stage: stage)
            switch refusal.meaning {
            case .later: return .later("\(error)", attempts: code >= 500 ? Self.attemptsAtRefusals : nil)
            case .refusesMail: return .refused("\(error)")
            case .addressIsDead: return .refused("\(error)", isAddressDead: true)
            case .refusesUs(let advice): return .channelRefused("\(advice): \(error)", cause: refusal.cause, recipient: recipient)
            }
        case .invalidMail: return .refused("\(error)")
        case .tls: return .channelRefused("check SMTP_TLS and the certificate of \(server): \(error)", cause: "TLS", recipient: recipient)
        default: return .later("\(error)")
        }
    }
}

extension String {
    /// A dedupe key as the left half of a `Message-ID` (RFC 5322 section 3.6.4): what is no letter, digit, hyphen or
    /// underscore is a dot. An address in the key may hold anything.
    fileprivate var asMessageIDLeft: String {
        String(decoding: utf8.map { $0.isMessageIDByte ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isMessageIDByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
