import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Stops a run of a campaign whose mails are refused too often: a list of dead addresses ruins the sender's standing for
/// all other mails. What is queued of it ends as `suppressed`, and an alert says so once.
///
/// The alert is over when a mail of a later run of the campaign was sent.
struct RefusalLimit: Sendable {
    /// So many refusals do not stop a run: they say nothing about a small list.
    static let fewest = 20
    static let percent = Setting.integer(
        "CAMPAIGN_REFUSED_PERCENT", default: 5, in: 1...100,
        "a run of a campaign stops when more than this part of its mails is refused, and \(fewest) at least")
    private static let kind = "campaign-refused"

    /// How many of a hundred mails may be refused.
    let percent: Int
    /// Who gets the mail about a stop.
    let recipients: [Recipient]

    /// Counts the campaign mails among deliveries that were refused.
    func count(_ deliveries: [FailedDelivery], _ tx: Transaction) async throws {
        let ids = deliveries.compactMap { Campaign.logID($0.dedupeKey) }
        guard !ids.isEmpty else { return }
        for run in try await tx.query(Self.add, as: Stopped.self, ids, percent, Self.fewest, tx.now) {
            let alert = Alert(
                Self.kind, about: run.campaign,
                summary:
                    "\(run.refused) of \(run.mails) mails of run \(run.run) of the campaign \(run.campaign) were refused; the rest of it is not sent.",
                advice: "Look at last_error of the bounced deliveries of marketing: whether addresses are dead or our mails are taken for spam.",
                figures: ["mails": "\(run.mails)", "refused": "\(run.refused)"])
            try await tx.open(alert, mailTo: recipients)
        }
    }

    /// Ends the alert of a campaign when mails of a later run were sent.
    func noteSent(_ dedupeKeys: [String], _ tx: Transaction) async throws {
        let stopped = try await tx.openAlerts(Self.kind)
        guard !stopped.isEmpty else { return }
        let ids = dedupeKeys.compactMap(Campaign.logID)
        for campaign in try await tx.query(Self.sentLater, as: String.self, ids, stopped.map(\.subject)) {
            try await tx.endAlert(Self.kind, about: campaign, how: "Mails of a later run of the campaign \(campaign) are sent.", mailTo: recipients)
        }
    }

    private struct Stopped: Decodable, Sendable {
        let run: Int
        let campaign: String
        let mails: Int
        let refused: Int
    }

    private static let add: SQL = """
        with refusals as materialized (
            select run, count(*)::integer as refused from campaign_log where id = any ($1::bigint[]) and run is not null group by run),
        counted as (
            update campaign_runs r
            set refused = r.refused + n.refused,
                stopped_at = coalesce(r.stopped_at, case
                    when r.refused + n.refused >= $3 and (r.refused + n.refused)::bigint * 100 > r.mails::bigint * $2 then $4::timestamptz end)
            from refusals n where r.run = n.run
            returning r.run, r.campaign, r.mails, r.refused, r.stopped_at)
        select run, campaign, mails, refused from counted where stopped_at = $4::timestamptz order by run
        """

    private static let sentLater: SQL = """
        select distinct r.campaign from campaign_log l join campaign_runs r on r.run = l.run
        where l.id = any ($1::bigint[]) and r.campaign = any ($2::text[]) and r.stopped_at is null
        order by 1
        """
}
