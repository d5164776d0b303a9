import Platform
import Postgres
import Testing

@testable import LoyaltyNotifier

@Suite("The reward policy")
struct RewardPolicyTests {
    @Test(
        "Every 50th ride is a milestone",
        arguments: [
            (0, 49, []), (0, 50, [50]), (49, 50, [50]), (50, 51, []), (50, 99, []), (99, 100, [100]), (0, 150, [50, 100, 150]),
            (120, 320, [150, 200, 250, 300]),
        ] as [(Int, Int, [Int])])
    func milestones(before: Int, after: Int, expected: [Int]) {
        #expect(RewardPolicy.milestones(from: before, to: after) == expected)
    }

    @Test(
        "A language that we do not have falls back to the one without region, then to en-us",
        arguments: [("es", "es"), ("es-MX", "es"), ("ES_mx", "es"), ("en-us", "en-us"), ("fr", "en-us"), (nil, "en-us")] as [(String?, String)])
    func languages(wanted: String?, given: String) throws {
        let texts = try RewardTexts.embedded()
        #expect(texts.text(for: wanted).language == given)
    }

    @Test("The text says how many tickets, and for how many rides")
    func numbers() throws {
        let texts = try RewardTexts.embedded()
        #expect(texts.text(for: "en-us").text.filled(milestones: 3).title == "You've earned 15 free METRO tickets!")
        #expect(
            texts.text(for: "es").text.filled(milestones: 1).body
                == "Como agradecimiento por hacer 50 viajes en METRO con ConnectSmart, hemos añadido 5 boletos gratis de METRO a tu cartera. ¡Enhorabuena!"
        )
    }

    @Test("A language file that is broken is named, and one that does not say how many tickets")
    func brokenLanguage() {
        #expect(throws: ConfigurationError.self) { try RewardTexts([("Languages/en-us.json", #"{"title":"Tickets!","body":"Yes"}"#)]) }
        #expect(throws: ConfigurationError.self) { try RewardTexts([("Languages/de.json", "{}")]) }
    }
}
