import Platform

/// The page on which people sign in, and what ends a session.
struct SignInPage: Sendable {
    static let languageCookie = "boxoffice-language"

    let authenticator: Authenticator
    let signIn: SignIn

    @Sendable func show(_ request: WebRequest, _ page: Page) throws -> WebResponse {
        try form(page, name: "", to: request.parameter("return") ?? "", problem: "", status: 200)
    }

    @Sendable func attempt(_ request: WebRequest, _ runtime: ServiceRuntime, _ page: Page) async throws -> WebResponse {
        guard request.isFromThisSite else { throw Problem.foreignForm }
        let (name, password) = (request.field("name") ?? "", request.field("password") ?? "")
        let target = request.field("return") ?? ""
        guard !name.isEmpty, !password.isEmpty else {
            return try form(page, name: name, to: target, problem: page.word("signIn.incomplete"), status: 400)
        }
        switch try await signIn.attempt(name, password, from: authenticator.address(of: request), runtime) {
        case .signedIn(let token):
            return WebResponse(303, headers: [("Location", Self.ownPath(target)), authenticator.cookie.begin(token)], body: "")
        case .refused: return try form(page, name: name, to: target, problem: page.word("signIn.refused"), status: 403)
        case .later(let seconds):
            var response = try form(page, name: name, to: target, problem: page.word("signIn.later", ["n": "\(seconds)"]), status: 429)
            response.headers.append(("Retry-After", "\(seconds)"))
            return response
        }
    }

    @Sendable func signOut(_ request: ConsoleRequest, _ page: Page) async throws -> WebResponse {
        if let digest = authenticator.sessionToken(of: request.web).flatMap(SessionCookie.digest(of:)) {
            let everywhere = request.web.field("everywhere") != nil
            try await request.runtime.transaction { tx in
                try SessionStore.end(digest, everywhere: everywhere, tx)
                let entry = AuditLog.Entry(action: everywhere ? "sign-out-everywhere" : "sign-out", subject: request.actor.name)
                try AuditLog.write(entry, by: request.actor, tx)
            }
        }
        return WebResponse(303, headers: [("Location", "/sign-in"), authenticator.cookie.end], body: "")
    }

    @Sendable static func changeLanguage(_ request: WebRequest, _ page: Page) throws -> WebResponse {
        let code = request.pathParameter("code") ?? ""
        guard page.views.languages.contains(code) else { throw Problem.missing("language \(code.prefix(20))") }
        return WebResponse(
            303,
            headers: [
                ("Location", ownPath(request.parameter("return") ?? "")),
                ("Set-Cookie", "\(languageCookie)=\(code); Path=/; Max-Age=31536000; SameSite=Lax"),
            ], body: "")
    }

    private func form(_ page: Page, name: String, to target: String, problem: String, status: Int) throws -> WebResponse {
        try page.response(
            "sign-in", ["name": .text(name), "return": .text(Self.ownPath(target)), "problem": .text(problem)], status: status)
    }

    /// A path of the console itself: another site's address, however it is written, is the home page.
    static func ownPath(_ text: String) -> String {
        guard text.hasPrefix("/"), text.utf8.count <= 2000, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }),
            !text.hasPrefix("//")
        else { return "/" }
        return text
    }
}
