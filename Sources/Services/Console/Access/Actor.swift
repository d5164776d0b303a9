import Platform

/// Who makes a request: a person who is signed in, or a program with a token.
struct Actor: Sendable {
    /// The account, or the token's name.
    let name: String
    let role: Role
    /// Where the request comes from.
    let address: String
    /// What forms and scripts of this session must send; nil for a token, which no page of another site has.
    let formToken: String?

    func may(_ permission: Permission) -> Bool { role >= permission.role }

    /// A text from outside as this person may read it: without addresses of mail, unless the role allows them.
    func shown(_ text: String) -> String { may(.seePersonalData) ? text : PersonalData.redacted(text) }
}

/// Hides what names a person in a text.
enum PersonalData {
    /// The text with each mail address replaced.
    static func redacted(_ text: String) -> String {
        guard text.contains("@") else { return text }
        let words = text.split(omittingEmptySubsequences: false) { " \n\t,;:<>()\"'".contains($0) }
        var result = ""
        var rest = text[...]
        for word in words {
            result += word.contains("@") && !word.hasPrefix("@") && !word.hasSuffix("@") ? "…@…" : word
            rest = rest.dropFirst(word.count)
            if let separator = rest.popFirst() { result.append(separator) }
        }
        return result
    }
}
