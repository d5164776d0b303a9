/// Checks a campaign's mail as it arrived: whether mailbox providers will show their button to unsubscribe (RFC 8058), and
/// whether the signature covers what it depends on.
struct CampaignMailCheck {
    /// What was looked at, and what is wrong with it; nil when nothing is.
    struct Finding: Equatable {
        let subject: String
        let problem: String?
    }

    /// Signed once more than they occur, so that nobody on the way can add another (RFC 6376 section 8.15).
    private static let oversigned = ["from", "list-unsubscribe", "list-unsubscribe-post"]
    private static let longestURI = 200
    /// RFC 5322 section 2.1.1.
    private static let longestLine = 998

    private let mail: ReceivedMail

    init(_ mail: ReceivedMail) { self.mail = mail }

    var findings: [Finding] {
        [
            Finding(subject: "List-Unsubscribe", problem: addresses), Finding(subject: "List-Unsubscribe-Post", problem: post),
            Finding(subject: "List-Id", problem: once("list-id")),
        ] + signatures
    }

    private var addresses: String? {
        if let problem = once("list-unsubscribe") { return problem }
        guard let field = mail.named("list-unsubscribe").first else { return nil }
        if field.value.contains("=?") { return "is encoded (\(field.value)): mailbox providers ignore it" }
        if field.longestLine > Self.longestLine { return "has a line of \(field.longestLine) bytes; \(Self.longestLine) are allowed" }
        let uris = field.value.split(separator: ",").map(\.trimmed)
        guard uris.allSatisfy({ $0.hasPrefix("<") && $0.hasSuffix(">") && !$0.contains(" ") }) else {
            return "is no list of <…>, a blank in one included: \(field.value)"
        }
        guard let page = uris.first(where: { $0.lowercased().hasPrefix("<https:") }) else { return "has no https address: \(field.value)" }
        let length = page.utf8.count - 2
        return length > Self.longestURI ? "has an address of \(length) bytes; some mailbox providers cut it after \(Self.longestURI)" : nil
    }

    private var post: String? {
        if let problem = once("list-unsubscribe-post") { return problem }
        let value = mail.named("list-unsubscribe-post").first?.value ?? ""
        return value == "List-Unsubscribe=One-Click" ? nil : "is \(value), and not List-Unsubscribe=One-Click"
    }

    private func once(_ name: String) -> String? {
        switch mail.named(name).count {
        case 0: "is missing"
        case 1: nil
        case let count: "is there \(count) times"
        }
    }

    private var signatures: [Finding] {
        let signatures = mail.named("dkim-signature").map { DKIMSignature($0.value) }
        guard !signatures.isEmpty else { return [Finding(subject: "DKIM-Signature", problem: "is missing: nobody has signed the mail")] }
        return signatures.map { signature in
            let missing = Self.oversigned.compactMap { name -> String? in
                let (signed, there) = (signature.headers.count { $0 == name }, mail.named(name).count)
                if signed < there { return "\(name) is not signed" }
                return signed == there ? "\(name) can be added once more on the way: sign it \(there + 1) times" : nil
            }
            return Finding(subject: "DKIM-Signature of \(signature.domain)", problem: missing.isEmpty ? nil : missing.joined(separator: "; "))
        }
    }
}

/// The tags of a signature that tell who signed what (RFC 6376 section 3.5).
private struct DKIMSignature {
    let domain: String
    /// The names of the fields, in small letters; a name may be there more than once.
    let headers: [String]

    init(_ value: String) {
        var tags: [String: String] = [:]
        for tag in value.split(separator: ";") {
            guard let equals = tag.firstIndex(of: "=") else { continue }
            tags[tag[..<equals].trimmed] = tag[tag.index(after: equals)...].trimmed
        }
        domain = tags["d"] ?? "an unnamed domain"
        headers = (tags["h"] ?? "").split(separator: ":").map { $0.trimmed.lowercased() }
    }
}
