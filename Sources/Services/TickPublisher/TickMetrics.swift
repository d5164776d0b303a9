import Metrics

/// The metrics of the scheduler.
struct TickMetrics: Sendable {
    /// Ticks that the broker has confirmed.
    let published = Counter(label: "boxoffice_ticks_published_total")
    /// Ticks that no queue takes: the service is not deployed.
    let unroutable = Counter(label: "boxoffice_ticks_unroutable_total")
    /// Fire times that the misfire policy dropped.
    let missed = Counter(label: "boxoffice_ticks_missed_total")
    /// How many seconds this replica's clock is ahead of the database's; beyond 2 in either direction it decides no
    /// fire times.
    let ahead = Gauge(label: "boxoffice_clock_ahead_seconds")
    /// From the fire time to the broker's confirm.
    let lateness = Timer(label: "boxoffice_tick_lateness_seconds")
}
