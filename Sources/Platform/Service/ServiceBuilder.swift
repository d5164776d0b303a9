import Contracts
import Curl
import FoundationEssentials
import Logging
import ServiceLifecycle

/// The parts of a service: the jobs it runs, the messages it reacts to, the channels it sends through.
public struct ServiceBuilder: Sendable {
    /// Labelled with the service's name.
    public let logger: Logger
    /// The time of day.
    public let clock: WallClock
    /// The client for HTTP and SMTP servers. One thread, however many parts use it.
    let web: CurlClient

    var runners: [JobRunner] = []
    var reactions: [AnyReaction] = []
    var registrations: [ChannelRegistration] = []
    var routes: [WebRoute] = []
    var fallback: WebRoute?
    var guardian: (@Sendable (WebRequest) -> WebResponse?)?
    var services: [@Sendable (ServiceRuntime) -> any Service] = []
    var gauges: [@Sendable () -> [GaugeSample]] = []

    /// A service outside; its name is a label of metrics.
    public func outside(_ name: String) -> OutsideService { OutsideService(name, web) }

    init(logger: Logger, clock: WallClock, web: CurlClient) {
        self.logger = logger
        self.clock = clock
        self.web = web
    }

    /// Works this job's ticks.
    public mutating func add(job: some Job) { runners.append(JobRunner(job)) }
    /// Works this job's ticks.
    public mutating func add(externalJob: some ExternalJob) { runners.append(JobRunner(externalJob)) }
    /// Consumes this message.
    public mutating func add(reaction: some Reaction) { reactions.append(AnyReaction(reaction)) }
    /// Sends deliveries of this channel's kind.
    /// - Parameters:
    ///   - onSent: Runs in the transaction that marks deliveries as sent, with their dedupe keys.
    ///   - onRefused: Runs in the transaction that marks deliveries as bounced or parked.
    public mutating func add(
        channel: some DeliveryChannel, onSent: (@Sendable (_ dedupeKeys: [String], Transaction) async throws -> Void)? = nil,
        onRefused: (@Sendable (_ deliveries: [FailedDelivery], Transaction) async throws -> Void)? = nil
    ) {
        registrations.append(ChannelRegistration(channel: channel, onSent: onSent, onRefused: onRefused))
    }
    /// Answers requests to the service's HTTP server.
    public mutating func add(route: WebRoute) { routes.append(route) }
    /// Shows gauges whose objects come and go on `/metrics`: a value that is not returned any more is not shown any more.
    /// - Parameter gauges: Called for each request, so it returns what is known already.
    public mutating func add(gauges: @escaping @Sendable () -> [GaugeSample]) { self.gauges.append(gauges) }
    /// Answers requests to all paths that no route has, whatever their method.
    public mutating func add(
        fallback respond: @escaping @Sendable (WebRequest, ServiceRuntime) async throws -> WebResponse,
        unavailable: @escaping @Sendable (WebRequest) -> WebResponse
    ) {
        fallback = WebRoute(.get, "", unavailable: unavailable, respond: respond)
    }
    /// Guards `/readyz` and `/metrics`, which everybody may read otherwise.
    /// - Parameter refusal: The response to who may not read them; nil lets the request pass.
    public mutating func guardHealth(_ refusal: @escaping @Sendable (WebRequest) -> WebResponse?) { guardian = refusal }
    /// Runs a service beside the consumers. A service that needs the database waits for ``ServiceRuntime/ready()``.
    public mutating func add(service: @escaping @Sendable (ServiceRuntime) -> any Service) { services.append(service) }
}
