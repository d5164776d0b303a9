import Curl
import FoundationEssentials
import Platform

/// Bytemark's API: a user's passes, page by page.
///
/// The size of the responses is limited: for all users together by `BYTEMARK_MEGABYTES`, for one user by a quarter of
/// it. Most users have few passes, so they are requested with a small reservation first. If the passes of a user need
/// more, they are requested again with a user's full share, after waiting until that is free.
struct BytemarkClient: Sendable {
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
        /// 401: the token is void; requests with it fail until it changes.
        case tokenVoid
        /// The request may succeed later, at the earliest after the pause that Bytemark asked for.
        case later(String, after: Duration?)
        /// The responses exceed their reservation, in bytes.
        case tooLong(limit: Int)

        var description: String {
            switch self {
            case .tokenVoid: "Bytemark refuses the token (401)"
            case .later(let reason, _): reason
            case .tooLong(let limit):
                "Bytemark has more than \(limit) bytes of passes for one user; BYTEMARK_MEGABYTES allows each a quarter of what it allows all"
            }
        }
    }

    /// The maximum number of passes on a page; a full page may be followed by another.
    static let pageSize = 9999
    private static let mostPages = 100

    /// How long one request may take.
    private static let timeout = Duration.seconds(10)

    /// The smallest and the largest first reservation for a user, in bytes: some hundreds of passes, some thousands.
    private static let usualRoom = 64 << 10...1 << 20

    let inFlight: Int
    private let perSecond: Int
    private let url: String
    private let outside: OutsideService
    private let clock: WallClock
    private let rateLimiter: RateLimiter
    private let budget: ByteBudget

    private static let address = Setting.url("BYTEMARK_URL", "Bytemark's API; /passes and /v4.0/passes are added")
    private static let inFlight = Setting.integer(
        "BYTEMARK_IN_FLIGHT", default: 32, in: 1...CurlClient.standardConnections, "requests on their way to Bytemark at once")
    private static let perSecond = Setting.integer(
        "BYTEMARK_PER_SECOND", default: 500, in: 0...1_000_000, "the most requests to Bytemark a second; 0 is no limit")
    private static let megabytes = Setting.integer(
        "BYTEMARK_MEGABYTES", default: 64, in: 4...65_536, "megabytes of answers held that are not recorded yet; one user may have a quarter")
    /// The settings that it reads.
    static let settings = [address.description, inFlight.description, perSecond.description, megabytes.description]

    /// A client for the Bytemark that the settings name.
    init(_ settings: Settings, _ builder: ServiceBuilder) throws(ConfigurationError) {
        url = try settings.value(Self.address)
        inFlight = try settings.value(Self.inFlight)
        outside = builder.outside("bytemark")
        clock = builder.clock
        perSecond = try settings.value(Self.perSecond)
        rateLimiter = RateLimiter(running: inFlight, perSecond: perSecond)
        budget = ByteBudget(try settings.value(Self.megabytes) << 20)
    }

    /// The lease for a number of users: the time of the requests for one, and the wait at the rate limiter for all.
    func lease(of users: Int) -> TimeInterval {
        let queueing = perSecond == 0 ? 0 : Double(users * 2) / Double(perSecond)
        return 2 * Self.timeout.timeInterval + 10 + queueing
    }

    /// All passes of both lists, in Bytemark's order.
    /// - Throws: ``Failure``.
    func passes(token: String) async throws -> FetchedPasses {
        let usual = min(max(budget.size / (4 * inFlight), Self.usualRoom.lowerBound), Self.usualRoom.upperBound)
        do {
            return try await atOnce(token, in: usual)
        } catch Failure.tooLong {
            return try await oneAfterTheOther(token, in: budget.size / 4)
        }
    }

    /// Fetches both lists concurrently, each with half of the reservation.
    private func atOnce(_ token: String, in bytes: Int) async throws -> FetchedPasses {
        let room = await budget.reserve(bytes)
        // The reservation is also held while one list is cancelled because of the other.
        defer { withExtendedLifetime(room) {} }
        async let usable = passes(.usable, token: token, in: bytes / 2)
        async let expired = passes(.expired, token: token, in: bytes / 2)
        let lists = (usable: try await usable, expired: try await expired)
        room.shrink(to: lists.usable.bytes + lists.expired.bytes)
        return FetchedPasses(usable: lists.usable.passes, expired: lists.expired.passes, room: room)
    }

    /// Fetches one list, then the other with what the first has left of the reservation.
    private func oneAfterTheOther(_ token: String, in bytes: Int) async throws -> FetchedPasses {
        let room = await budget.reserve(bytes)
        defer { withExtendedLifetime(room) {} }
        do {
            let usable = try await passes(.usable, token: token, in: bytes)
            let expired = try await passes(.expired, token: token, in: bytes - usable.bytes)
            room.shrink(to: usable.bytes + expired.bytes)
            return FetchedPasses(usable: usable.passes, expired: expired.passes, room: room)
        } catch Failure.tooLong {
            throw Failure.tooLong(limit: bytes)
        }
    }

    /// All passes of one list, in Bytemark's order, and the total size of the responses.
    private func passes(_ list: List, token: String, in room: Int) async throws(Failure) -> (passes: [Pass], bytes: Int) {
        var pages = PassPages()
        var bytes = 0
        for page in 1...Self.mostPages {
            let answer = try await get(list.path(page: page, size: Self.pageSize), token: token, in: room - bytes)
            bytes += answer.count
            guard let some = Pass.list(answer) else { throw .later("Bytemark answered 200 with something that is no array of passes", after: nil) }
            let hasNew = pages.add(some)
            if some.count < Self.pageSize { return (pages.passes, bytes) }
            // The pages after it cannot be fetched; half a list would be mistaken for a whole one.
            guard hasNew else {
                throw .later("page \(page) of Bytemark's \(list) passes is full and has no new one: it ignores the page's number", after: nil)
            }
        }
        throw .later("Bytemark has more than \(Self.mostPages) full pages for one user", after: nil)
    }

    private func get(_ path: String, token: String, in room: Int) async throws(Failure) -> [UInt8] {
        let response: HTTPResponse
        do {
            var request = HTTPRequest(url: url + path).authorization(bearer: token)
            request.timeout = Self.timeout
            request.maximumResponseBytes = max(room, 1)
            if let trace = TraceContext.current { request.headers.add("traceparent", trace.child().traceparent) }
            await rateLimiter.acquire()
            defer { rateLimiter.release() }
            response = try await outside.send(request)
        } catch .responseTooLarge {
            throw .tooLong(limit: room)
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
