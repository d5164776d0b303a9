import Contracts
import Platform

/// Campaigns: mails that a customer did not cause, each to exactly whom it is meant for, once, and none to who does not
/// want them.
///
/// | takes | does |
/// | --- | --- |
/// | `marketing.send-weekly-newsletter` | the next five events, to active subscribers |
/// | `marketing.send-promotions` | events of the next week that sell slowly |
/// | `marketing.send-birthday-wishes` | on the user's own date |
/// | `marketing.send-event-follow-ups` | to the attendees of yesterday's events, once a booking |
/// | `marketing.send-re-engagement` | to users who have been away for 90 days |
/// | `marketing.send-organizer-analytics` | the figures of the month, to organizers |
///
/// Customers unsubscribe at `/unsubscribe` of its HTTP port (``UnsubscribeRoutes``). A mail to an address that does not
/// exist ends campaign mails to it (``BouncedAddress``); too many refusals stop a run (``RefusalLimit``).
///
/// Needs the mail server (`SMTP_HOST`, `SMTP_FROM`, …), `FRONTEND_URL`, `UNSUBSCRIBE_URL` and `UNSUBSCRIBE_KEY`.
@main
struct Marketing: BackgroundService {
    static let name = "marketing"
    static let schema = "marketing"
    static let summary = "mails campaigns to those who want them, once"
    static let settings =
        MailSettings.all + [
            mailsPerDay.description, RefusalLimit.percent.description, MailSettings.reportRecipients.description, UnsubscribeLinks.url.description,
            UnsubscribeLinks.mailto.description, UnsubscribeKeys.current.description,
            UnsubscribeKeys.previous.description,
        ]

    static let mailsPerDay = Setting.integer(
        "CAMPAIGN_MAILS_PER_DAY", default: 2, in: 1...1000, "the most campaign mails to a person in 24 hours")

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        let log = CampaignLog(dailyLimit: try settings.value(mailsPerDay))
        let links = try UnsubscribeLinks(settings)
        let mails = try MailChannel(settings, service, templates: try MailTemplates(Embedded.files), gate: ConsentGate(), links: links)
        let refusals = RefusalLimit(
            percent: try settings.value(RefusalLimit.percent), recipients: try settings.value(MailSettings.reportRecipients))
        service.add(channel: mails, onSent: refusals.noteSent) { deliveries, tx in
            try await BouncedAddress.suppress(deliveries, tx)
            try await refusals.count(deliveries, tx)
        }
        UnsubscribeRoutes(keys: links.keys, page: try UnsubscribePage(Embedded.files)).add(to: &service)
        service.add(job: SendWeeklyNewsletter(log: log))
        service.add(job: SendPromotions(log: log))
        service.add(job: SendBirthdayWishes(log: log))
        service.add(job: SendEventFollowUps(log: log))
        service.add(job: SendReEngagement(log: log))
        service.add(job: SendOrganizerAnalytics())
    }
}
