import Contracts
import Platform
import Testing

@Suite("Damaged JSON")
struct MutationTests {
    @Test("Swift and a JSON Schema validator agree on texts that were damaged at random")
    func agreement() async throws {
        let folder = try await ContractsFolder.read()
        var read = 0
        for damaged in Mutations.all {
            let isRead = (try? TicketsRefreshRequested.decode(Array(damaged.json.utf8)[...])) != nil
            let schema = folder.verdict(damaged)
            read += isRead ? 1 : 0
            #expect(isRead == (schema == nil), "\(damaged.json); the schema says \(schema ?? "yes")")
        }
        #expect((100...1900).contains(read), "the damage must leave some texts readable and some not")
    }
}

/// Texts that may or may not be good: a good one, damaged in one to three places.
enum Mutations {
    static let all: [MessageCase] = {
        var generator = SplitMix64(seed: 2027)
        return (0..<2000).map { _ in MessageCase(type: TicketsRefreshRequested.type, json: mutated(using: &generator), isGood: false) }
    }()

    private static let original = Array(#"{"userId": 1200e-2, "x": [-0.5E+3, true, {"a\u00e9\n/": null, "": [[], {}]}, "é"], "y" :false}"#)
    // Without a `d` no escape becomes half of a surrogate pair, which a validator in Python refuses also where nobody looks.
    private static let letters = Array("{}[]\",:\\ \t\n0123456789-+.eEtrufalsnb/é\u{1}")

    private static func mutated(using generator: inout SplitMix64) -> String {
        var text = original
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let index = Int.random(in: 0..<text.count, using: &generator)
            let letter = letters[Int.random(in: 0..<letters.count, using: &generator)]
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: text[index] = letter
            case 1: text.insert(letter, at: index)
            case 2: text.remove(at: index)
            default: text.swapAt(index, Int.random(in: 0..<text.count, using: &generator))
            }
        }
        return String(text)
    }
}
