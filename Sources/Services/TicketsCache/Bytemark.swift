import Curl
import FoundationEssentials
import Platform

/// Bytemark's API: a user's passes, page by page.
struct Bytemark: Sendable {
    /// The two lists that Bytemark keeps of a user's passes.
    enum List: Sendable {
        /// The passes that can be used.
        case usable
        /// The passes that have expired.
        case expired

        func path(page: Int, size: Int) -> String {
            switch self {
            case .usable: "/passes?limit=\(size)&page=\(page)"
            case .expired: "/v4.0/passes?status=EXPIRED&limit=\(size)&page=\(page)"
            }
        }
    }

    /// Why Bytemark gave no passes.
    enum Failure: Error, Sendable, CustomStringConvertible {
        /// 401: the token is void; asking again is useless until it changes.
        case tokenVoid
        /// It may work later, not before the pause that Bytemark asked for.
        case later(String, after: Duration?)

        var description: String {
            switch self {
            case .tokenVoid: "Bytemark refuses the token (401)"
            case .later(let reason, _): reason
            }
        }
    }

    /// How many passes a page holds at most; a full page may have another behind it.
    static let pageSize = 9999
    private static let mostPages = 100

    /// How long one request may take.
    private static let timeout = Duration.seconds(10)

    let inFlight: Int
    private let perSecond: Int
    private let url: String
    private let web: CurlClient
    private let clock: WallClock
    private let turnstile: Turnstile

    /// Bytemark at `BYTEMARK_URL`, never more than `BYTEMARK_IN_FLIGHT` requests at once and `BYTEMARK_PER_SECOND` a second (0 = no limit).
    init(_ settings: Settings, _ assembly: Assembly) throws(ConfigurationError) {
        url = try settings.url("BYTEMARK_URL")
        inFlight = try settings.integer("BYTEMARK_IN_FLIGHT", default: 32, in: 1...10_000)
        web = assembly.web
        clock = assembly.clock
        perSecond = try settings.integer("BYTEMARK_PER_SECOND", default: 500, in: 0...1_000_000)
        turnstile = Turnstile(inside: inFlight, perSecond: perSecond)
    }

    /// How long a worker may hold a user when it holds so many: the requests of one, and the wait at the turnstile for all.
    func lease(of users: Int) -> TimeInterval {
        let queueing = perSecond == 0 ? 0 : Double(users * 2) / Double(perSecond)
        return 2 * Self.timeout.timeInterval + 10 + queueing
    }

    /// All passes of one list, in Bytemark's order.
    func passes(_ list: List, token: String) async throws(Failure) -> [Pass] {
        var passes: [Pass] = []
        for page in 1...Self.mostPages {
            let answer = try await get(list.path(page: page, size: Self.pageSize), token: token)
            guard let some = Pass.list(answer) else { throw .later("Bytemark answered 200 with something that is no array of passes", after: nil) }
            passes += some
            if some.count < Self.pageSize { return passes }
        }
        throw .later("Bytemark has more than \(Self.mostPages) full pages for one user", after: nil)
    }

    private func get(_ path: String, token: String) async throws(Failure) -> [UInt8] {
        let response: HTTPResponse
        do {
            var request = HTTPRequest(url: url + path).authorization(bearer: token)
            request.timeout = Self.timeout
            if let trace = TraceContext.current { request.headers.add("traceparent", trace.child().traceparent) }
            await turnstile.enter()
            defer { turnstile.leave() }
            response = try await web.send(request)
        } catch {
            throw .later("\(error)", after: nil)
        }
        switch response.status {
        case 200: return response.body
        case 401: throw .tokenVoid
        default: throw .later("Bytemark answered \(response.status)", after: response.retryAfter(now: clock.now))
        }
    }
}
