import Cron

/// When one job is due.
public struct Schedule: Sendable, Equatable {
    /// The job's name, `<service>.<name>`: the routing key of its ticks.
    public var job: String
    /// The service whose queue takes the ticks.
    public var service: String
    /// The local times at which it is due.
    public var cron: CronExpression
    /// The zone of the local times; nil for the zone of the installation (`TIME_ZONE`).
    public var zone: CronZone?
    /// What happens to fire times that were missed.
    public var misfire: MisfirePolicy
    /// One sentence for people.
    public var description: String

    /// A schedule as in the document.
    public init(job: String, service: String, cron: CronExpression, zone: CronZone? = nil, misfire: MisfirePolicy = .latest, description: String) {
        self.job = job
        self.service = service
        self.cron = cron
        self.zone = zone
        self.misfire = misfire
        self.description = description
    }
}
