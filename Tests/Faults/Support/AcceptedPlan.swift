/// What a statement may do that is refused of others, by name and with the reason.
struct AcceptedPlan: Sendable {
    let file: String
    /// The table or the index.
    let subject: String
    let reason: String

    static let all = [
        AcceptedPlan(file: "Platform/Heartbeats/Heartbeat.swift", subject: "heartbeats", reason: "a row for each process that runs, no history"),
        AcceptedPlan(
            file: "Platform/Heartbeats/HeartbeatWatch.swift", subject: "heartbeats", reason: "a row for each process that runs, no history"),
        AcceptedPlan(
            file: "Tools/BoxOffice/Doctor/HeartbeatCheck.swift", subject: "heartbeats", reason: "a row for each process that runs, no history"),
        AcceptedPlan(
            file: "Services/Maintenance/Backlogs/BacklogReader.swift", subject: "heartbeats",
            reason: "a row for each process that runs, no history"),
        AcceptedPlan(
            file: "Services/Maintenance/Health/ProcessHealth.swift", subject: "heartbeats",
            reason: "a row for each process that runs, no history"),
        AcceptedPlan(
            file: "Services/Console/Operations/SystemStatus.swift", subject: "heartbeats", reason: "a row for each process that runs, no history"),
        AcceptedPlan(file: "Services/Console/Operations/SystemStatus.swift", subject: "alerts_open", reason: "what is wrong now: few, no history"),
        AcceptedPlan(
            file: "Services/Console/Operations/RunList.swift", subject: "job_runs_unfinished", reason: "the runs in progress: few, no history"),
        AcceptedPlan(file: "Services/Console/Access/FirstAccount.swift", subject: "accounts", reason: "one row is looked at, at the start"),
        AcceptedPlan(file: "Tools/BoxOffice/Access/UserCommand.swift", subject: "accounts_pkey", reason: "a person lists all accounts"),
        AcceptedPlan(file: "Services/Maintenance/Jobs/GenerateHealthReport.swift", subject: "job_runs", reason: "a report reads its period"),
        AcceptedPlan(
            file: "Services/Bookings/Jobs/GenerateDailyReport.swift", subject: "bookings",
            reason: "a report reads its period"),
        AcceptedPlan(
            file: "Services/Events/Jobs/GenerateAnalytics.swift", subject: "", reason: "a report, once a week: how full each event was by then"),
        AcceptedPlan(file: "Services/Payments/Jobs/GenerateAnalytics.swift", subject: "payments", reason: "a report reads its period"),
        AcceptedPlan(file: "Services/Analytics/Jobs/GenerateDaily.swift", subject: "", reason: "a report reads its period"),
        AcceptedPlan(
            file: "Services/Analytics/Jobs/GenerateWeeklyReport.swift", subject: "",
            reason: "a report, once a week, reads its period, and how full each event was by then"),
        AcceptedPlan(file: "Services/Analytics/Jobs/MonitorRealTime.swift", subject: "", reason: "a report reads its period"),
        AcceptedPlan(file: "Services/Analytics/Jobs/GenerateMonthlySummary.swift", subject: "", reason: "a report reads its period"),
        AcceptedPlan(file: "Services/Analytics/Reports/UserFigures.swift", subject: "", reason: "a report, once a day: all users are counted"),
        AcceptedPlan(file: "Services/Analytics/Facts/FactReconciliation.swift", subject: "", reason: "a report reads its period"),
        AcceptedPlan(
            file: "Services/Payments/Jobs/HandleTimeouts.swift", subject: "payments_asked", reason: "a dry run counts all that is due"),
        AcceptedPlan(file: "Services/Payments/Jobs/HandleTimeouts.swift", subject: "payments", reason: "a dry run counts all that is due"),
        AcceptedPlan(
            file: "Services/Payments/Jobs/HandleTimeouts.swift", subject: "payments_unanswered",
            reason: "the payments that the gateway is silent about: a backlog, no history"),
        AcceptedPlan(
            file: "Services/Bookings/Jobs/SendConfirmations.swift", subject: "bookings_free",
            reason: "the bookings that cost nothing and are not confirmed yet: a backlog, no history"),
        AcceptedPlan(
            file: "Services/Marketing/Jobs/SendReEngagement.swift", subject: "",
            reason: "once a week: who has been away longest is known when everybody's last booking is"),
        AcceptedPlan(
            file: "Services/Marketing/Jobs/SendPromotions.swift", subject: "suppressions", reason: "a dry run names whom it leaves out"),
        AcceptedPlan(
            file: "Services/Marketing/Jobs/SendPromotions.swift", subject: "bookings_holding", reason: "a dry run names whom it leaves out"),
        AcceptedPlan(
            file: "Services/Marketing/Jobs/SendPromotions.swift", subject: "users_promotional", reason: "a dry run names whom it leaves out"),
        AcceptedPlan(
            file: "Services/Marketing/Jobs/SendBirthdayWishes.swift", subject: "users_without_birthday",
            reason: "dates of birth that are no day: nearly none"),
        AcceptedPlan(
            file: "Tools/BoxOffice/WaitingPayment.swift", subject: "",
            reason: "a person asks; that a payment does not fit its booking is seen only by comparing them"),
        AcceptedPlan(
            file: "Tools/BoxOffice/Doctor/DeliveryCheck.swift", subject: "deliveries_failed",
            reason: "while nothing has failed it costs the same as deliveries_failed_at"),
        AcceptedPlan(
            file: "Services/LoyaltyNotifier/RewardNotifications.swift", subject: "refresh_log_rewards",
            reason: "the rewards that nobody has been told of: a backlog, no history"),
        AcceptedPlan(
            file: "Platform/Jobs/JobRunStore+Statements.swift", subject: "job_runs_running",
            reason: "a row for each job that is running, by a unique index"),
        AcceptedPlan(
            file: "Platform/Jobs/JobRunStore+Statements.swift", subject: "job_runs_unfinished", reason: "the runs that are running now"),
        AcceptedPlan(
            file: "Services/TickPublisher/TickStatements.swift", subject: "ticks_claimed",
            reason: "the ticks of the next second, claimed and not published"),
        AcceptedPlan(
            file: "Services/TicketsCache/RefreshStatements.swift", subject: "bytemark_tokens_pkey",
            reason: "while the cache is empty everybody with a token is wanted"),
        AcceptedPlan(
            file: "Services/TicketsCache/RefreshStatements.swift", subject: "bytemark_tokens",
            reason: "while the cache is empty everybody with a token is wanted"),
        AcceptedPlan(
            file: "Services/TicketsCache/RefreshStatements.swift", subject: "refresh_state",
            reason: "a dry run counts all that is due"),
    ]

    static func covers(_ fault: StatementPlan.Fault, of statement: SourceStatement) -> Bool {
        fault.kind != .limitInLoop && all.contains { $0.file == statement.file && ($0.subject.isEmpty || $0.subject == fault.subject) }
    }

    /// Typical parameters of statements that are run once and therefore planned for what they are given.
    static func parameters(of statement: SourceStatement) -> String? {
        guard statement.file == "Tools/BoxOffice/RunReport.swift" else { return nil }
        return statement.text.contains("$5") ? "null, null, null, null, 20" : "null, 20"
    }
}
