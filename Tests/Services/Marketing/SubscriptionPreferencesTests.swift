import Contracts
import Platform
import Testing

@testable import Marketing

@Suite("What a customer has unsubscribed from")
struct SubscriptionPreferencesTests {
    typealias Scopes = Set<SubscriptionScope>

    @Test(
        "A change is made once, `all` stands for every list, and one list comes back alone",
        arguments: [
            ([], .unsubscribe, .newsletter, [.newsletter]),
            ([.newsletter], .unsubscribe, .newsletter, [.newsletter]),
            ([.newsletter], .unsubscribe, .promotions, [.newsletter, .promotions]),
            ([.newsletter], .unsubscribe, .all, [.all]),
            ([.all], .unsubscribe, .promotions, [.all]),
            ([.all], .unsubscribe, .all, [.all]),
            ([], .resubscribe, .newsletter, []),
            ([], .resubscribe, .all, []),
            ([.newsletter], .resubscribe, .newsletter, []),
            ([.newsletter], .resubscribe, .promotions, [.newsletter]),
            ([.newsletter, .promotions], .resubscribe, .all, []),
            ([.all], .resubscribe, .newsletter, [.promotions]),
            ([.all], .resubscribe, .all, []),
        ] as [(Scopes, SubscriptionPreferences.Change, SubscriptionScope, Scopes)])
    func changes(before: Scopes, change: SubscriptionPreferences.Change, scope: SubscriptionScope, after: Scopes) {
        var preferences = SubscriptionPreferences(off: before)
        let isChanged = preferences.apply(change, scope)
        #expect(isChanged == (before != after))
        #expect(preferences.off == after)
        let isChangedAgain = preferences.apply(change, scope)
        #expect(!isChangedAgain)
        #expect(preferences.isOff(scope) == (change == .unsubscribe))
    }

    @Test(
        "Every page has a text at every place, in its language, and nothing of another host",
        arguments: ["en", "es"], [[], [.newsletter], [.promotions], [.newsletter, .promotions], [.all]] as [Scopes])
    func page(language: String, off: Scopes) throws {
        let page = try UnsubscribePage(Embedded.files)
        for isSubscribedAtShop in [true, false] {
            for scope in SubscriptionScope.allCases {
                for done in [nil, SubscriptionPreferences.Change.unsubscribe, .resubscribe] {
                    let customer = SubscriptionStore.Customer(
                        language: "\(language)-xx", isSubscribedAtShop: isSubscribedAtShop, preferences: SubscriptionPreferences(off: off))
                    let response = page.preferences(
                        of: customer, UnsubscribeToken(user: 1, scope: scope), "TOKEN", done: done.map { ($0, scope) }, accepts: [])
                    try check(response, language)
                    #expect(response.body.contains("\" checked>") == response.body.contains("name=\"change\" value=\"unsubscribe\""))
                }
            }
        }
    }

    @Test("A page with one message has a text too", arguments: ["en", "es"])
    func message(language: String) throws {
        let page = try UnsubscribePage(Embedded.files)
        for message in [UnsubscribePage.Message.invalid, .later, .incomplete] {
            let response = page.message(message, status: 404, accepts: ["fr", "\(language)-ES", "en"])
            try check(response, language)
            #expect(!response.body.contains("<form"))
        }
    }

    private func check(_ response: WebResponse, _ language: String) throws {
        let body = response.body
        #expect(body.contains("<html lang=\"\(language)\">"))
        for empty in ["></h1>", "></h2>", "></p>", "></b>", "></small>", "></button>", "></legend>", "<title> ", "<span></", ": \""] {
            #expect(!body.contains(empty), "an empty \(empty)")
        }
        for other in ["http:", "https:", "//", "<script", "<img", "<link", "url(", "@import"] { #expect(!body.contains(other), "\(other)") }
        #expect(!body.contains("{{"))
    }
}
