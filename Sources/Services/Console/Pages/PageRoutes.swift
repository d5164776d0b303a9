import Contracts
import FoundationEssentials
import Platform

/// The pages of the console. They work without a script: every action is a form, and a page that was reloaded shows the
/// present state.
struct PageRoutes: Sendable {
    let authenticator: Authenticator
    let views: PageViews
    let assets: Assets
    let passwords: PasswordThread

    /// Adds them to the service.
    func add(to service: inout ServiceBuilder) {
        for asset in assets.all {
            let headers = [("Cache-Control", "public, max-age=31536000, immutable")]
            service.add(
                route: WebRoute(.get, asset.path) { [cookie = authenticator.cookie] _, _ in
                    WebResponse(200, type: asset.type, headers: headers, body: asset.text).guarded(cookie)
                })
        }
        get("", "home", &service, HomePage.show)
        get("jobs", "jobs", &service, JobsPage.show)
        get("jobs/{job}", "jobs", &service, JobPage.show)
        get("runs", "runs", &service, RunsPage.show)
        get("runs/{run}", "runs", &service, RunPage.show)
        get("calendar", "calendar", &service, CalendarPage.show)
        get("services", "services", &service, ServicesPage.show)
        get("audit", "audit", needs: .readAudit, &service, AuditPage.show)
        post("jobs/{job}/run", "jobs", needs: .runJobs, &service, JobPage.run)
        post("jobs/{job}/schedule", "jobs", needs: .changeSchedules, &service, JobPage.changeSchedule)
        let signIn = SignInPage(authenticator: authenticator, signIn: SignIn(passwords: passwords))
        stranger(.get, "sign-in", &service, signIn.show)
        stranger(.post, "sign-in", &service, signIn.attempt)
        stranger(.get, "language/{code}", &service, SignInPage.changeLanguage)
        post("sign-out", "home", needs: .look, &service, signIn.signOut)
    }

    /// The answer to a path that there is not.
    func missing(_ request: WebRequest, _ actor: Actor?, at now: Date) throws -> WebResponse {
        let page = page(request, actor, "", now)
        guard actor != nil else { return try stranger(request, page) }
        return try Problem.missing("page here").page(page).guarded(authenticator.cookie)
    }

    typealias Respond = @Sendable (ConsoleRequest, Page) async throws -> WebResponse

    private func get(
        _ path: String, _ section: String, needs permission: Permission = .look, _ service: inout ServiceBuilder, _ respond: @escaping Respond
    ) {
        add(.get, path, section, permission, &service, respond)
    }

    private func post(_ path: String, _ section: String, needs permission: Permission, _ service: inout ServiceBuilder, _ respond: @escaping Respond)
    {
        add(.post, path, section, permission, &service, respond)
    }

    private func add(
        _ method: WebRoute.Method, _ path: String, _ section: String, _ permission: Permission, _ service: inout ServiceBuilder,
        _ respond: @escaping Respond
    ) {
        let route = WebRoute(method, path, unavailable: unavailable) { request, runtime in
            let actor = try await authenticator.actor(of: request, runtime)
            let page = page(request, actor, section, runtime.clock.now)
            guard let actor else { return try stranger(request, page) }
            return try await answer(page) {
                guard actor.may(permission) else { throw Problem.forbidden(permission, actor) }
                if method == .post, !authenticator.isOurs(request, actor) { throw Problem.foreignForm }
                return try await respond(ConsoleRequest(web: request, actor: actor, runtime: runtime), page)
            }
        }
        service.add(route: route)
    }

    /// A route for those who are not signed in.
    private func stranger(
        _ method: WebRoute.Method, _ path: String, _ service: inout ServiceBuilder,
        _ respond: @escaping @Sendable (WebRequest, ServiceRuntime, Page) async throws -> WebResponse
    ) {
        // A password waits for its turn.
        let route = WebRoute(method, path, limit: .seconds(20), unavailable: unavailable) { request, runtime in
            let page = page(request, nil, "", runtime.clock.now)
            return try await answer(page) { try await respond(request, runtime, page) }
        }
        service.add(route: route)
    }

    private func stranger(
        _ method: WebRoute.Method, _ path: String, _ service: inout ServiceBuilder,
        _ respond: @escaping @Sendable (WebRequest, Page) async throws -> WebResponse
    ) {
        stranger(method, path, &service) { request, _, page in try await respond(request, page) }
    }

    private func answer(_ page: Page, _ body: () async throws -> WebResponse) async throws -> WebResponse {
        do {
            return try await body().guarded(authenticator.cookie)
        } catch let problem as Problem {
            return try problem.page(page).guarded(authenticator.cookie)
        }
    }

    /// Sends a stranger to the sign-in, and back afterwards.
    ///
    /// A link in a mail is a navigation from another site, by which browsers send no strict cookie. Before anybody is
    /// asked to sign in again, a page that reloads itself lets the cookie come along.
    private func stranger(_ request: WebRequest, _ page: Page) throws -> WebResponse {
        guard request.method == "GET" else { return try Problem.foreignForm.page(page).guarded(authenticator.cookie) }
        if request.header("sec-fetch-site") == "cross-site", authenticator.sessionToken(of: request) == nil {
            return try page.response("same-site", ["here": .text(request.target)]).guarded(authenticator.cookie)
        }
        let wanted = request.path == "/" ? "" : "?return=\(request.target.pathEscaped)"
        return WebResponse(303, headers: [("Location", "/sign-in\(wanted)")], body: "").guarded(authenticator.cookie)
    }

    private func page(_ request: WebRequest, _ actor: Actor?, _ section: String, _ now: Date) -> Page {
        let chosen = request.cookie(SignInPage.languageCookie).map { [$0] } ?? []
        return Page(
            views: views, assets: assets, language: views.language(chosen + request.acceptedLanguages), actor: actor, section: section, now: now)
    }

    @Sendable func unavailable(_ request: WebRequest) -> WebResponse {
        let problem = Problem.unavailable("")
        let response = try? problem.page(page(request, nil, "", .distantPast), word: "problem.database")
        return (response ?? problem.response).guarded(authenticator.cookie)
    }
}

extension WebRequest {
    /// Path and query.
    var target: String { query.isEmpty ? path : "\(path)?\(query)" }
}

extension Problem {
    /// The problem as a page.
    /// - Parameter word: The name of a sentence that says it; nil for the problem's own detail.
    func page(_ page: Page, word: String? = nil) throws -> WebResponse {
        try page.response(
            "problem",
            [
                "heading": .text(page.word("problem.\(type)")), "detail": .text(word.map { page.word($0) } ?? detail),
                "isStranger": .text(page.actor == nil ? "yes" : ""),
            ],
            status: status, headers: headers)
    }
}
