import FoundationEssentials
import HTTPTypes
import NIOCore
import NIOFoundationEssentialsCompat
import Synchronization

/// A stub of Bytemark: the passes of each token, in pages.
final class BytemarkStub: Stub {
    /// A pass that was preloaded, rendered once.
    private struct Pass {
        let status: String
        let json: ByteBuffer
    }

    private struct Holder {
        var passes: [Pass]?
        var isVoid = false
        var ignoresPage = false
    }

    private struct State {
        var holders: [String: Holder] = [:]
        var generators: [PassGenerator] = []
    }

    let part = StubID.bytemark
    let keepsBodies = false
    private let state = Mutex(State())

    /// Adds tokens and a generator. If a token is preloaded again, only the given members change; a preloaded token
    /// takes precedence over a generated one.
    func preload(_ preload: BytemarkPreload) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let passes = try preload.tokens.map { token in
            try token.passes?.map { pass in
                Pass(status: pass["status"]?.text ?? "", json: ByteBuffer(data: try encoder.encode(pass)))
            }
        }
        state.withLock { state in
            for (token, passes) in zip(preload.tokens, passes) {
                var holder = state.holders[token.token] ?? Holder()
                if let passes { holder.passes = passes }
                if let isVoid = token.voidToken { holder.isVoid = isVoid }
                if let ignoresPage = token.ignoresPage { holder.ignoresPage = ignoresPage }
                state.holders[token.token] = holder
            }
            if let generator = preload.generate {
                state.generators.removeAll { $0.prefix == generator.prefix }
                state.generators.append(generator)
            }
        }
    }

    /// The number of known tokens, preloaded and generated.
    var tokenCount: Int {
        state.withLock { state in
            state.generators.reduce(0) { $0 + $1.tokens }
                + state.holders.keys.filter { token in !state.generators.contains { $0.user(of: token) != nil } }.count
        }
    }

    func subject(of request: OutsideRequest) -> FaultSubject {
        FaultSubject(path: request.path, token: request.bearer)
    }

    func answer(_ request: OutsideRequest) throws -> Answer {
        guard request.path == "/bytemark/passes" || request.path == "/bytemark/v4.0/passes" else {
            return try .refusal(404, "There is /bytemark/passes and /bytemark/v4.0/passes.")
        }
        guard request.method == .get else { return try .refusal(405, "Passes are read with GET.") }
        guard let page = PassPage(request.query, includesExpired: request.path == "/bytemark/v4.0/passes") else {
            return try .refusal(400, "limit and page must be whole numbers of at least 1.")
        }
        guard let token = request.bearer, let body = passes(of: token, page) else {
            return try .refusal(401, "The token is void or unknown.")
        }
        return Answer(status: 200, body: body)
    }

    func reset() {
        state.withLock { $0 = State() }
    }

    /// The page's passes as a JSON array; nil when the token is void or unknown.
    private func passes(of token: String, _ page: PassPage) -> ByteBuffer? {
        let (holder, generated) = state.withLock { state in
            (
                state.holders[token],
                state.generators.lazy.compactMap { generator in generator.user(of: token).map { (generator, $0) } }.first
            )
        }
        if holder?.isVoid == true { return nil }
        var page = page
        if holder?.ignoresPage == true { page.page = 1 }
        if let passes = holder?.passes {
            return page.render(count: passes.count, status: { passes[$0].status }, write: { $1.writeImmutableBuffer(passes[$0].json) })
        }
        if let (generator, user) = generated {
            return page.render(
                count: generator.passesPerUser,
                status: { generator.status(ofPass: $0, user: user).rawValue },
                write: { generator.write(pass: $0, user: user, into: &$1) })
        }
        return holder == nil ? nil : page.render(count: 0, status: { _ in "" }, write: { _, _ in })
    }
}
