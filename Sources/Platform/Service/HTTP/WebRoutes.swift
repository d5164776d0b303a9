import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Postgres

/// The routes of a service, as the router of its HTTP server has them.
struct WebRoutes: Sendable {
    let routes: [WebRoute]
    /// Answers requests to all other paths, with status 404 say; nil for the server's own answer.
    let fallback: WebRoute?
    let runtime: ServiceRuntime
    let connections: ConnectionLimit

    /// Adds them to a router.
    func add(to router: Router<HTTPContext>) {
        if fallback != nil { router.add(middleware: Fallback(routes: self)) }
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            for route in routes {
                router.on("\(path)", method: route.method.http) { request, context in
                    await connections.answering(context.channel) { await response(to: request, context, route) }
                }
            }
            let methods = Set(routes.map(\.method))
            let allowed = WebRoute.Method.allCases.filter(methods.contains).flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] }
            let allow: HTTPFields = [.allow: (allowed + ["OPTIONS"]).joined(separator: ", ")]
            router.on("\(path)", method: .options) { _, _ in Response(status: .noContent, headers: allow) }
            let others: [HTTPRequest.Method] = [.put, .patch, .delete] + WebRoute.Method.allCases.filter { !methods.contains($0) }.map(\.http)
            for method in others { router.on("\(path)", method: method) { _, _ in Response(status: .methodNotAllowed, headers: allow) } }
        }
    }

    func response(to request: Request, _ context: HTTPContext, _ route: WebRoute) async -> Response {
        let started = ContinuousClock.now
        let body: [UInt8]
        do {
            guard let read = try await within(route.limit, { try await request.body.collect(upTo: WebRoute.bodyLimit) }) else {
                return Response(status: .requestTimeout, headers: [.connection: "close"])
            }
            body = Array(buffer: read)
        } catch is NIOTooManyBytesError {
            return Response(status: .contentTooLarge, headers: [.connection: "close"])
        } catch {
            // The client has gone.
            return Response(status: .badRequest)
        }
        let request = WebRequest(request, context, body: body)
        do {
            let response = try await within(route.limit - (.now - started)) { try await route.respond(request, runtime) }
            return (response ?? route.unavailable(request)).hummingbird
        } catch let error as PostgresError where error.trouble != nil || error.isTransient || error.mayLackMigration {
            // The check of the database reports the outage; here it would be logged for each request.
            runtime.logger.debug("A request was not answered", error: error, metadata: ["path": "\(route.path)"])
            return route.unavailable(request).hummingbird
        } catch {
            runtime.logger.error("A request failed", error: error, metadata: ["path": "\(route.path)"])
            return Response(status: .internalServerError)
        }
    }

    /// The result of the work, or nil when it takes longer. The work is then cancelled and not waited for: a statement
    /// whose server does not answer cannot be cancelled either.
    private func within<T: Sendable>(_ limit: Duration, _ work: @escaping @Sendable () async throws -> T) async throws -> T? {
        let (results, continuation) = AsyncStream.makeStream(of: Result<T, any Error>?.self, bufferingPolicy: .bufferingOldest(1))
        let task = Task {
            do {
                continuation.yield(.success(try await work()))
            } catch {
                continuation.yield(.failure(error))
            }
        }
        let timer = Task {
            try await Task.sleep(for: limit)
            continuation.yield(nil)
        }
        defer {
            task.cancel()
            timer.cancel()
        }
        for await result in results { return try result?.get() }
        // The request itself was cancelled: the service stops.
        throw CancellationError()
    }
}

/// Answers requests to paths that no route has.
private struct Fallback: RouterMiddleware {
    typealias Context = HTTPContext

    let routes: WebRoutes

    func handle(_ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            guard let route = routes.fallback else { throw error }
            return await routes.connections.answering(context.channel) { await routes.response(to: request, context, route) }
        }
    }
}

extension WebRoute.Method {
    fileprivate var http: HTTPRequest.Method {
        switch self {
        case .get: .get
        case .post: .post
        }
    }
}
