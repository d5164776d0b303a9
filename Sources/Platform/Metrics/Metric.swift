import Contracts

/// Every metric of ours, declared once.
public enum Metric {
    // MARK: - Messages

    static let messages = CounterMetric(
        "boxoffice_messages_total", labels: ["queue", "outcome"],
        "messages: `processed`, `repeated` (duplicates that the inbox dropped), `retried`, `parked`, `split` (into messages about one item each)")
    static let batchSeconds = TimerMetric("boxoffice_batch_seconds", labels: ["queue"], "from taking a batch to its ack, commit included")
    static let outboxPublished = CounterMetric("boxoffice_outbox_published_total", "messages that the broker has confirmed")
    static let outboxUnroutable = CounterMetric("boxoffice_outbox_unroutable_total", "events without any consumer in Contracts/, dropped")

    // MARK: - Jobs

    static let ticks = CounterMetric("boxoffice_ticks_total", labels: ["job", "outcome"], "ticks: `completed`, `skipped`, `superseded`")
    static let slicesRunning = GaugeMetric("boxoffice_slices_running", labels: ["job"], "slices of runs that this process is working on now")
    static let sliceSeconds = TimerMetric("boxoffice_slice_seconds", labels: ["job"], "one slice of a run, its commit included")
    static let runsRescued = CounterMetric(
        "boxoffice_runs_rescued_total", labels: ["job"], "abandoned runs that were taken up at the slice where they stopped")
    static let failedRows = CounterMetric(
        "boxoffice_failed_rows_total",
        "rows that a reaction could not process and skipped, each a warning in the log; those of jobs are counted on their runs")

    // MARK: - Deliveries and outside services

    static let deliveries = CounterMetric(
        "boxoffice_deliveries_total", labels: ["kind", "outcome"],
        """
        outbound deliveries (mails, pushes, refunds): `sent`, `queued` (will be tried again), `bounced`, `parked`, `suppressed` \
        (not sent: the recipient does not want it any more)
        """)
    static let channelPaused = GaugeMetric(
        "boxoffice_channel_paused", labels: ["kind"],
        "1 while a channel is paused because the other side refuses this service and not single deliveries, else 0")
    static let outsideCallSeconds = TimerMetric(
        "boxoffice_outside_call_seconds", labels: ["service", "outcome"],
        """
        calls of outside services: `answered`, `refused` (4xx; 5xx of a mail server), `failed` (5xx; 4xx of a mail server), `timed_out`, \
        `unreachable`, `other`
        """)
    /// Refreshes of the tickets cache.
    public static let refreshes = CounterMetric(
        "boxoffice_refreshes_total", labels: ["outcome"],
        "tickets-cache: users whose passes were asked for: `changed`, `unchanged`, `void` (the token is refused), `replaced` (the token, meanwhile), `retried`"
    )
    /// How long the refresh of one user takes.
    public static let refreshSeconds = TimerMetric("boxoffice_refresh_seconds", "tickets-cache: all pages of one user")

    // MARK: - Clock

    /// Ticks that the broker has confirmed.
    public static let ticksPublished = CounterMetric("boxoffice_ticks_published_total", "tick-publisher: ticks that the broker has confirmed")
    /// Ticks that no queue takes.
    public static let ticksUnroutable = CounterMetric(
        "boxoffice_ticks_unroutable_total", "tick-publisher: ticks whose job no deployed service consumes, dropped")
    /// Fire times that were dropped.
    public static let ticksMissed = CounterMetric("boxoffice_ticks_missed_total", "tick-publisher: fire times that a misfire policy dropped")
    /// The clock against the database's.
    public static let clockAhead = GaugeMetric(
        "boxoffice_clock_ahead_seconds",
        "tick-publisher: how far its clock is ahead of the database's; beyond 2 s in either direction it decides nothing and is not ready")
    /// How late ticks are.
    public static let tickLateness = TimerMetric("boxoffice_tick_lateness_seconds", "tick-publisher: from the fire time to the broker's confirm")

    // MARK: - All services together

    /// How many messages wait in a queue.
    public static let queueMessages = GaugeMetric(
        "boxoffice_queue_messages", labels: ["queue"], "maintenance: messages of a queue, those that consumers have in hand included")
    /// How old the oldest message of a queue is.
    public static let queueOldest = GaugeMetric(
        "boxoffice_queue_oldest_seconds", labels: ["queue"], "maintenance: how old the oldest message of a queue is, 0 when there is none")
    /// How many messages wait in an outbox.
    public static let outboxWaiting = GaugeMetric(
        "boxoffice_outbox_waiting", labels: ["service"], "maintenance: messages of the outbox of a service, 100,000 at most")
    /// How old the oldest message of an outbox is.
    public static let outboxOldest = GaugeMetric(
        "boxoffice_outbox_oldest_seconds", labels: ["service"], "maintenance: how old the oldest message of an outbox is, 0 when there is none")
    /// How many deliveries are due.
    public static let deliveriesWaiting = GaugeMetric(
        "boxoffice_deliveries_waiting", labels: ["service"], "maintenance: outbound deliveries that are due, 100,000 of each kind at most")
    /// How long the oldest delivery has been due.
    public static let deliveriesOldest = GaugeMetric(
        "boxoffice_deliveries_oldest_seconds", labels: ["service"],
        "maintenance: for how long the oldest outbound delivery has been due, 0 when there is none")
    /// When a job last succeeded.
    public static let jobLastSuccess = GaugeMetric(
        "boxoffice_job_last_success_time_seconds", labels: ["job"], "maintenance: when the last run of a job that succeeded ended, Unix time")
    /// How many alerts are open.
    public static let alertsOpen = GaugeMetric("boxoffice_alerts_open", labels: ["kind"], "maintenance: open alerts")
    /// How old the figures of all services are.
    public static let figuresAge = GaugeMetric(
        "boxoffice_figures_age_seconds",
        "maintenance: how old its figures of all services are; they are shown by one of its replicas, and not when they are older than five minutes")

    // MARK: - The process

    static let errors = CounterMetric(
        "boxoffice_errors_total", labels: ["kind"],
        "errors that are in the log as warning or error: `database`, `broker`, `outside`, `message` (it breaks its contract), `other`")
    static let logLinesDropped = CounterMetric(
        "boxoffice_log_lines_dropped_total", "log lines that were dropped: the log was not read, or its disk was full")
    static let connections = GaugeMetric(
        "boxoffice_database_connections", labels: ["state"], "connections of the pool: `leased`, `idle`, `connecting`")
    static let connectionWaits = GaugeMetric("boxoffice_database_waiting", "callers that wait for a connection of the pool")
    static let buildInfo = GaugeMetric(
        "boxoffice_build_info", labels: ["version", "service"], "always 1: the running version, the same text as `--version` prints")
    static let cpuSeconds = CounterMetric("process_cpu_seconds_total", "processor time of the process, user and system")
    static let openFiles = GaugeMetric("process_open_fds", "open files of the process")
    static let mostFiles = GaugeMetric("process_max_fds", "how many files the process may open")
    static let residentMemory = GaugeMetric("process_resident_memory_bytes", "resident memory of the process")
    static let startTime = GaugeMetric("process_start_time_seconds", "when the process started, Unix time")

    /// All of them, in the order of docs/metrics.md.
    public static let all: [MetricDescription] = [
        messages.description, batchSeconds.description, outboxPublished.description, outboxUnroutable.description, ticks.description,
        slicesRunning.description, sliceSeconds.description, runsRescued.description, failedRows.description,
        deliveries.description, channelPaused.description, outsideCallSeconds.description, refreshes.description, refreshSeconds.description,
        ticksPublished.description, ticksUnroutable.description, ticksMissed.description, clockAhead.description, tickLateness.description,
        queueMessages.description, queueOldest.description, outboxWaiting.description, outboxOldest.description, deliveriesWaiting.description,
        deliveriesOldest.description, jobLastSuccess.description, alertsOpen.description, figuresAge.description,
        errors.description, logLinesDropped.description, connections.description, connectionWaits.description, buildInfo.description,
        cpuSeconds.description, openFiles.description, mostFiles.description, residentMemory.description, startTime.description,
    ]

    static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
}
