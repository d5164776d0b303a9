/// A path of a service's HTTP server that the service itself answers, beside health and metrics.
///
/// Bodies and times are bounded. A request that takes longer than ``limit`` is cancelled, and so is one whose body has
/// not arrived by then; requests during an outage of the database end that way too.
public struct WebRoute: Sendable {
    /// The methods that a route can have. HEAD is answered like GET without the body, OPTIONS with the list of methods.
    public enum Method: String, Sendable, CaseIterable {
        /// Reads, and changes nothing.
        case get = "GET"
        /// Changes something.
        case post = "POST"
    }

    /// How long a request may take by default, its body included.
    public static let limit = Duration.seconds(5)
    /// The longest body in bytes.
    public static let bodyLimit = 65_536

    let method: Method
    let path: String
    let limit: Duration
    let unavailable: @Sendable (WebRequest) -> WebResponse
    let respond: @Sendable (WebRequest, ServiceRuntime) async throws -> WebResponse

    /// A route.
    /// - Parameters:
    ///   - path: Without a slash at the beginning: `unsubscribe`. `{name}` stands for any one part of the path.
    ///   - limit: How long a request may take, its body included; at most a minute.
    ///   - unavailable: The response when the database does not answer or the time is over; it should have status 503.
    ///   - respond: Makes the response. An error that it throws is logged, without the query, and answered with 500.
    public init(
        _ method: Method, _ path: String, limit: Duration = limit,
        unavailable: @escaping @Sendable (WebRequest) -> WebResponse = { _ in .unavailable() },
        respond: @escaping @Sendable (WebRequest, ServiceRuntime) async throws -> WebResponse
    ) {
        self.method = method
        self.path = path
        self.limit = limit
        self.unavailable = unavailable
        self.respond = respond
    }
}
