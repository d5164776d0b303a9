import Platform

/// The operators' console: a REST interface and a web page over the same operations. It shows what is wrong now and why,
/// starts jobs and changes schedules.
///
/// It does no job itself: what it starts is a tick on the broker like any other. Of its own it keeps accounts, sessions
/// and the audit log; several run side by side.
@main
struct Console: BackgroundService {
    static let name = "console"
    static let schema = "console"
    static let summary = "shows operators what is wrong, and starts jobs for them"
    static let settings = [
        AccessTokens.setting.description, AccessTokens.single.description, FirstAccount.user.description, FirstAccount.password.description,
        Authenticator.url.description, ClientAddress.setting.description,
    ]

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        let authenticator = try Authenticator(settings)
        let passwords = PasswordThread()
        let first = try FirstAccount.account(settings)
        let views = try PageViews(Embedded.files)
        service.guardHealth { request in
            authenticator.tokenOwner(of: request) == nil ? Problem.stranger.response.guarded(authenticator.cookie) : nil
        }
        let api = APIRoutes(authenticator: authenticator)
        api.add(to: &service)
        let pages = PageRoutes(authenticator: authenticator, views: views, assets: try Assets(Embedded.files), passwords: passwords)
        pages.add(to: &service)
        @Sendable func isAPI(_ request: WebRequest) -> Bool { request.path.hasPrefix("/\(APIRoutes.root)") }
        service.add(
            fallback: { request, runtime in
                let actor = try await authenticator.actor(of: request, runtime)
                return isAPI(request) ? api.missing(request, actor) : try pages.missing(request, actor, at: runtime.clock.now)
            },
            unavailable: { isAPI($0) ? APIRoutes.unavailable($0) : pages.unavailable($0) })
        service.add { FirstAccount(account: first, tokens: authenticator.tokens, passwords: passwords, runtime: $0) }
    }
}
