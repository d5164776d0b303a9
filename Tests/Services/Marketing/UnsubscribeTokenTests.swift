import Contracts
import FoundationEssentials
import Platform
import Testing

@testable import Marketing

@Suite("The token of a link to unsubscribe")
struct UnsubscribeTokenTests {
    private static let secret = String(repeating: "k", count: 32)
    private let keys = UnsubscribeKeys(current: secret)
    private static let tokens = [1, 2, 255, 65_536, Int.max].flatMap { user in
        SubscriptionScope.allCases.map { UnsubscribeToken(user: user, scope: $0) }
    }

    @Test("It is short, safe in URLs, the same each time, and read back", arguments: tokens)
    func roundTrip(token: UnsubscribeToken) {
        let text = keys.text(of: token)
        #expect(text.utf8.count == 36)
        #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
        #expect(text == UnsubscribeKeys(current: Self.secret).text(of: token))
        #expect(keys.token(of: text) == token)
    }

    @Test("It does not show the user's id: those of neighbours have nothing in common")
    func masked() throws {
        let texts = (1...64).map { keys.text(of: UnsubscribeToken(user: $0, scope: .newsletter)) }
        for place in 0..<UnsubscribeToken.length {
            #expect(Set(texts.map { Array($0)[place] }).count > 16, "place \(place) is almost the same in all of them")
        }
        let bytes = try #require(Data(base64Encoded: texts[41].replacing("-", with: "+").replacing("_", with: "/")))
        #expect(Array(bytes.suffix(9)) != UnsubscribeToken(user: 42, scope: .newsletter).bytes)
    }

    @Test("One that is changed in one place, cut, longer or signed by somebody else is none")
    func forged() {
        let text = keys.text(of: UnsubscribeToken(user: 42, scope: .all))
        for index in text.indices {
            var forged = text
            forged.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(keys.token(of: forged) == nil)
        }
        for length in 0..<text.utf8.count { #expect(keys.token(of: String(text.prefix(length))) == nil) }
        #expect(keys.token(of: text + "A") == nil)
        #expect(keys.token(of: String(repeating: "A", count: 36)) == nil)
        #expect(keys.token(of: String(repeating: "é", count: 18)) == nil)
        #expect(UnsubscribeKeys(current: String(repeating: "x", count: 32)).token(of: text) == nil)
    }

    @Test("During a rotation the former key is read and the new one signs; afterwards the former one is gone")
    func rotation() {
        let token = UnsubscribeToken(user: 7, scope: .promotions)
        let old = keys.text(of: token)
        let newer = String(repeating: "n", count: 32)
        let both = UnsubscribeKeys(current: newer, previous: Self.secret)
        #expect(both.token(of: old) == token)
        #expect(both.text(of: token) == UnsubscribeKeys(current: newer).text(of: token))
        #expect(both.text(of: token) != old)
        #expect(UnsubscribeKeys(current: newer).token(of: old) == nil)
    }

    private static let text = "AZaz09-_AZaz09-_AZaz09-_AZaz09-_3Dxy"

    @Test(
        "B7: what mail programs and relays do to a link does not matter while it is certain what was meant",
        arguments: [
            "token=\(text)", "token=\(text)>", "token=\(text)%3E", "token=\(text)%3e.", "token=\(text)=", "token=\(text)%3D", "token=\(text)%3D%3D",
            "token%3D\(text)", "token%3D\(text)%3E", "token%253D\(text)", "token=3D\(text)", "token=%3D\(text)".replacing("%3D", with: "3D"),
            "utm=x&token=\(text)", "token=\(text)&page", "token=\(text)&token=other", "token=\(text)%20", "token=\(text))", "token=\(text)%",
        ])
    func damaged(query: String) {
        #expect(UnsubscribeToken.text(inQuery: query) == Self.text)
    }

    @Test(
        "And otherwise there is none",
        arguments: [
            "", "token", "token=", "Token=\(text)", "token=\(text)A", "token=\(text.dropLast())", "token=\(text)>x", "tok=\(text)", text,
            "token=4D\(text)", "token=\(text)/../", "xtoken=\(text)", "token=%00\(text)", "token=\(text)%00",
        ])
    func notThere(query: String) {
        #expect(UnsubscribeToken.text(inQuery: query) == nil)
    }

    // MARK: - Settings

    private static let settings = ["UNSUBSCRIBE_URL": "https://mail.shop.example/box/", "UNSUBSCRIBE_KEY": secret]

    private func problem(_ more: [String: String]) -> String? {
        do {
            _ = try UnsubscribeLinks(Settings(Self.settings.merging(more) { $1 }))
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("A setting that is missing or cannot work is named")
    func settings() {
        #expect(problem([:]) == nil)
        #expect(problem(["UNSUBSCRIBE_KEY": ""]) == "UNSUBSCRIBE_KEY is not set (nor is UNSUBSCRIBE_KEY_FILE)")
        let short = "has 31 characters, but must have at least 32; `openssl rand -hex 32` makes a good one"
        #expect(problem(["UNSUBSCRIBE_KEY": String(repeating: "k", count: 31)]) == "UNSUBSCRIBE_KEY \(short)")
        #expect(problem(["UNSUBSCRIBE_KEY_PREVIOUS": String(repeating: "k", count: 31)]) == "UNSUBSCRIBE_KEY_PREVIOUS \(short)")
        #expect(problem(["UNSUBSCRIBE_URL": ""]) == "UNSUBSCRIBE_URL is not set")
        for url in ["http://shop.example", "http://localhost.shop.example", "http://127.shop.example"] {
            let isRefused = problem(["UNSUBSCRIBE_URL": url])?.hasSuffix("must be https://, unless it is on this machine") == true
            #expect(isRefused, "\(url)")
        }
        for url in ["http://localhost:8026", "http://127.0.0.1", "http://[::1]:8026/x"] { #expect(problem(["UNSUBSCRIBE_URL": url]) == nil) }
        for url in ["https://shop.example/?x=1", "https://shop.example/#x", "https://bücher.example", "ftp://shop.example", "shop.example"] {
            #expect(problem(["UNSUBSCRIBE_URL": url])?.hasPrefix("UNSUBSCRIBE_URL is \"\(url)\", but must be ") == true)
        }
        #expect(problem(["UNSUBSCRIBE_MAILTO": "unsubscribe+box@shop.example"]) == nil)
        for address in ["shop.example", "a@b@c", "Shop <a@shop.example>", "a%b@shop.example", "a?b@shop.example", "ü@shop.example"] {
            #expect(problem(["UNSUBSCRIBE_MAILTO": address])?.hasPrefix("UNSUBSCRIBE_MAILTO is \"\(address)\", but must be a bare address") == true)
        }
    }

    @Test("Both keys can come from files")
    func files() throws {
        let folder = FileManager.default.temporaryDirectory.path()
        let paths = ["a", "b"].map { "\(folder)/unsubscribe-\(UInt64.random(in: 0...UInt64.max))-\($0)" }
        try (Self.secret + "\n").write(toFile: paths[0], atomically: true, encoding: .utf8)
        try (String(repeating: "p", count: 40) + "\n").write(toFile: paths[1], atomically: true, encoding: .utf8)
        let links = try UnsubscribeLinks(
            Settings([
                "UNSUBSCRIBE_URL": "https://shop.example", "UNSUBSCRIBE_KEY_FILE": paths[0], "UNSUBSCRIBE_KEY_PREVIOUS_FILE": paths[1],
            ]))
        let token = UnsubscribeToken(user: 1, scope: .all)
        #expect(links.keys.text(of: token) == keys.text(of: token))
        #expect(links.keys.token(of: UnsubscribeKeys(current: String(repeating: "p", count: 40)).text(of: token)) == token)
        for path in paths { try FileManager.default.removeItem(atPath: path) }
    }
}
