import Mustache

/// The facts of one mail as texts in its language, as templates ask for them. Remembers what was asked for and not there.
struct MailFacts: MustacheParent {
    /// The names that a template used and nobody gave.
    final class Missing {
        fileprivate(set) var first: String?
    }

    private let values: [String: Any]
    private let missing: Missing

    /// - Throws: ``MailFactError`` for a local time that is none.
    init(_ facts: [String: MailFact], _ language: MailLanguage, _ missing: Missing) throws(MailFactError) {
        self.missing = missing
        var values: [String: Any] = [:]
        for (name, fact) in facts {
            switch fact {
            case .text(let text): values[name] = text.isEmpty ? Absent() : text
            case .number(let number): values[name] = language.number(number)
            case .money(let amount, let currency): values[name] = language.money(amount, currency: currency)
            case .localTime(let at, let zone):
                guard let text = language.localTime(at, zone: zone) else {
                    throw MailFactError(description: "the fact \(name) is \"\(at)\", which is no local time like 2026-11-21T20:00")
                }
                values[name] = text
            case .list(let items):
                var list: [MailFacts] = []
                // With the facts around it, so that what an item lacks is lacking altogether.
                for item in items { list.append(try MailFacts(facts.filter { $0.key != name }.merging(item) { $1 }, language, missing)) }
                values[name] = list
            }
        }
        self.values = values
    }

    func child(named name: String) -> Any? {
        if values[name] == nil, missing.first == nil { missing.first = name }
        return values[name]
    }

    /// An empty text: a section of its name is left out.
    private struct Absent: MustacheCustomRenderable {
        let renderText = ""
        let isNull = true
    }
}

/// A fact that a mail cannot be written with.
struct MailFactError: Error, CustomStringConvertible {
    let description: String
}
