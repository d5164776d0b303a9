extension MailFact {
    /// The value for templates in a language.
    /// - Parameter limits: How long its texts may be.
    /// - Throws: ``MailFactError`` for an invalid local time; `name` is the fact's name in the message.
    func value(in language: MailLanguage, name: String, limits: MailTextLimits) throws(MailFactError) -> Template.Value {
        switch self {
        case .text(let text): return .text(limits.cut(text))
        case .number(let number): return .text(language.number(number))
        case .money(let money): return .text(language.text(money))
        case .localTime(let at, let zone):
            guard let text = language.localTime(at, zone: zone) else {
                throw MailFactError(description: "the fact \(name) is \"\(at)\", which is no local time like 2026-11-21T20:00")
            }
            return .text(text)
        case .list(let items):
            var list: [[String: Template.Value]] = []
            for item in items { list.append(try Self.values(of: item, in: language, limits: limits.inList)) }
            return .list(list)
        }
    }

    /// The values of all facts of a mail in a language.
    /// - Throws: ``MailFactError`` for an invalid local time.
    static func values(
        of facts: [String: MailFact], in language: MailLanguage, limits: MailTextLimits = .none
    ) throws(MailFactError) -> [String: Template.Value] {
        var values: [String: Template.Value] = [:]
        for (name, fact) in facts { values[name] = try fact.value(in: language, name: name, limits: limits) }
        return values
    }
}

/// A fact that is missing or cannot be rendered.
struct MailFactError: Error, CustomStringConvertible {
    let description: String
}
