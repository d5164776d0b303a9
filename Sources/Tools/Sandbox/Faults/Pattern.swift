/// A text to match, without regard to case; a `*` at its start or end stands for anything.
struct Pattern: Hashable, Sendable, Codable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    func matches(_ candidate: String) -> Bool {
        var wanted = text.lowercased()[...]
        let candidate = candidate.lowercased()
        let openStart = wanted.hasPrefix("*")
        if openStart { wanted = wanted.dropFirst() }
        let openEnd = wanted.hasSuffix("*")
        if openEnd { wanted = wanted.dropLast() }
        switch (openStart, openEnd) {
        case (false, false): return candidate == wanted
        case (false, true): return candidate.hasPrefix(wanted)
        case (true, false): return candidate.hasSuffix(wanted)
        case (true, true): return wanted.isEmpty || candidate.contains(wanted)
        }
    }
}
