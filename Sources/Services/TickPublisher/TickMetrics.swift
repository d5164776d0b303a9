import Metrics
import Platform

/// The metrics of the scheduler.
struct TickMetrics: Sendable {
    /// Ticks that the broker has confirmed.
    let published = Metric.ticksPublished()
    /// Ticks that no queue takes: the service is not deployed.
    let unroutable = Metric.ticksUnroutable()
    /// Fire times that the misfire policy dropped.
    let missed = Metric.ticksMissed()
    /// How many seconds this replica's clock is ahead of the database's; beyond 2 in either direction it decides no
    /// fire times.
    let ahead = Metric.clockAhead()
    /// From the fire time to the broker's confirm.
    let lateness = Metric.tickLateness()
}
