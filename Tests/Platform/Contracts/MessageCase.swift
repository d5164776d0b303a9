import Contracts

/// A text that is or is not the data object of a message. The Swift type and the schema must both say so.
struct MessageCase: Hashable, Sendable, CustomStringConvertible {
    let type: MessageType
    let json: String
    let isGood: Bool

    var description: String { "\(type) \(isGood ? "takes" : "refuses") \(json.count > 160 ? json.prefix(160) + "…" : json)" }

    /// All of them, in the order in which the schemas are asked.
    static let all: [MessageCase] = Sample.all.flatMap { $0.cases } + TickCases.all + Mutations.all
    static let indices = Dictionary(all.enumerated().map { ($1, $0) }) { first, _ in first }

    static func of(_ type: MessageType) -> [MessageCase] { (all.dropLast(Mutations.all.count)).filter { $0.type == type } }

    static func == (a: MessageCase, b: MessageCase) -> Bool { a.type == b.type && a.json == b.json }

    func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        hasher.combine(json)
    }
}

/// A value of a message, and what may be in its members.
struct Sample: Sendable, CustomStringConvertible {
    let message: any Message
    let members: [String: MemberKind]

    var type: MessageType { Swift.type(of: message).type }
    var description: String { type.rawValue }

    /// The sample itself, and with each member left out or replaced by everything good and bad for its kind.
    var cases: [MessageCase] {
        guard let texts = try? memberTexts() else { return [] }
        var cases = [good(texts), good(texts.merging(["somethingNew": "{\"a\":[1,null]}"]) { $1 })]
        for (name, kind) in members {
            var rest = texts
            rest[name] = nil
            cases.append(MessageCase(type: type, json: Self.object(rest), isGood: !kind.isRequired))
            for value in kind.good { cases.append(good(rest.merging([name: value]) { $1 })) }
            for value in kind.bad + (kind.isRequired ? ["null"] : []) {
                cases.append(MessageCase(type: type, json: Self.object(rest.merging([name: value]) { $1 }), isGood: false))
            }
        }
        let whole = Self.object(texts)
        cases += ["", "null", "[]", "\"x\"", "[\(whole)]", whole + "x", String(whole.dropLast())].map {
            MessageCase(type: type, json: $0, isGood: false)
        }
        return cases
    }

    private func good(_ texts: [String: String]) -> MessageCase { MessageCase(type: type, json: Self.object(texts), isGood: true) }

    private func memberTexts() throws -> [String: String] {
        let spans = JSONObjectScanner(try WireCoding.encode(message))
        return spans?.byKey?.mapValues { String(decoding: $0.value, as: UTF8.self) } ?? [:]
    }

    private static func object(_ texts: [String: String]) -> String {
        "{" + texts.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
    }
}
