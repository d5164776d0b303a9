import Contracts
import Platform

/// The routes under `/unsubscribe`: a page that changes nothing, the one-click request of mailbox providers, and the
/// forms of the page.
///
/// Nothing but the token gives the right: neither a cookie nor a header matters. A link that is not valid gets 404 and
/// tells nothing about why.
struct UnsubscribeRoutes: Sendable {
    /// Of the forms of the page. Without it a POST is a one-click request, and its body says nothing.
    static let formParameter = "page"

    let keys: UnsubscribeKeys
    let page: UnsubscribePage

    /// Adds them to the service.
    func add(to service: inout ServiceBuilder) {
        service.add(route: WebRoute(.get, UnsubscribeLinks.path, unavailable: unavailable, respond: show))
        service.add(route: WebRoute(.post, UnsubscribeLinks.path, unavailable: unavailable, respond: change))
    }

    private func show(_ request: WebRequest, _ runtime: ServiceRuntime) async throws -> WebResponse {
        guard let link = link(request) else { return invalid(request) }
        let customer = try await runtime.transaction { try await SubscriptionStore.read(link.token.user, $0) }
        return page.preferences(of: customer, link.token, link.text, done: nil, accepts: request.acceptedLanguages)
    }

    private func change(_ request: WebRequest, _ runtime: ServiceRuntime) async throws -> WebResponse {
        guard let link = link(request) else { return invalid(request) }
        var (change, scope) = (SubscriptionPreferences.Change.unsubscribe, link.token.scope)
        if request.parameter(Self.formParameter) != nil {
            guard let wanted = request.field("change").flatMap(SubscriptionPreferences.Change.init),
                let chosen = request.field("scope").flatMap(SubscriptionScope.init)
            else { return page.message(.incomplete, status: 400, accepts: request.acceptedLanguages) }
            (change, scope) = (wanted, chosen)
        }
        let customer = try await runtime.transaction { [change, scope] in
            try await SubscriptionStore.apply(change, scope, of: link.token.user, $0)
        }
        return page.preferences(of: customer, link.token, link.text, done: (change, scope), accepts: request.acceptedLanguages)
    }

    private func link(_ request: WebRequest) -> (token: UnsubscribeToken, text: String)? {
        guard let text = UnsubscribeToken.text(inQuery: request.query), let token = keys.token(of: text) else { return nil }
        return (token, text)
    }

    private func invalid(_ request: WebRequest) -> WebResponse { page.message(.invalid, status: 404, accepts: request.acceptedLanguages) }

    @Sendable private func unavailable(_ request: WebRequest) -> WebResponse {
        var response = page.message(.later, status: 503, accepts: request.acceptedLanguages)
        response.headers.append(("Retry-After", "30"))
        return response
    }
}
