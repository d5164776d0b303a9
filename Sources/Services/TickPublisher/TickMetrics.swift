import Metrics

/// What the clock counts.
struct TickMetrics: Sendable {
    /// Ticks that the broker has taken.
    let published = Counter(label: "boxoffice_ticks_published_total")
    /// Ticks that no queue wanted: the service is not deployed.
    let unroutable = Counter(label: "boxoffice_ticks_unroutable_total")
    /// Fire times that the misfire policy dropped.
    let missed = Counter(label: "boxoffice_ticks_missed_total")
    /// How many seconds this replica's clock is ahead of the database's; beyond 2 in either direction it decides nothing.
    let ahead = Gauge(label: "boxoffice_clock_ahead_seconds")
    /// From the fire time to the broker's confirm.
    let lateness = Timer(label: "boxoffice_tick_lateness_seconds")
}
