/// A command of RFC 5321, RFC 3207 or RFC 4954.
enum SMTPCommand: Equatable, Sendable {
    case hello
    case extendedHello
    case startTLS
    case authenticate(mechanism: String, initial: String?)
    /// `size` is the size that the client announced (RFC 1870).
    case mail(sender: String, size: Int?)
    case recipient(String)
    case data
    case reset
    case nothing
    case verify
    case quit
    /// The verb is known but its arguments are invalid.
    case malformed(String)
    case unknown(String)

    init(_ line: String) {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        let verb = words.first?.uppercased() ?? ""
        switch verb {
        case "HELO": self = .hello
        case "EHLO": self = .extendedHello
        case "STARTTLS": self = .startTLS
        case "AUTH":
            self =
                words.count < 2
                ? .malformed(verb) : .authenticate(mechanism: words[1].uppercased(), initial: words.count > 2 ? String(words[2]) : nil)
        case "MAIL": self = Self.path(line, after: "MAIL FROM:").map { .mail(sender: $0.address, size: Self.size($0.parameters)) } ?? .malformed(verb)
        case "RCPT":
            let path = Self.path(line, after: "RCPT TO:")
            self = path.flatMap { $0.address.isEmpty ? nil : .recipient($0.address) } ?? .malformed(verb)
        case "DATA": self = .data
        case "RSET": self = .reset
        case "NOOP": self = .nothing
        case "VRFY": self = .verify
        case "QUIT": self = .quit
        default: self = .unknown(verb)
        }
    }

    /// The address between `<` and `>`, and the text after it.
    private static func path(_ line: String, after prefix: String) -> (address: String, parameters: Substring)? {
        guard line.prefix(prefix.count).uppercased() == prefix else { return nil }
        let rest = line.dropFirst(prefix.count).drop { $0 == " " }
        guard rest.first == "<", let end = rest.firstIndex(of: ">") else { return nil }
        return (String(rest[rest.index(after: rest.startIndex)..<end]), rest[rest.index(after: end)...])
    }

    private static func size(_ parameters: Substring) -> Int? {
        parameters.split(separator: " ").lazy
            .filter { $0.prefix(5).uppercased() == "SIZE=" }
            .compactMap { Int($0.dropFirst(5)) }
            .first
    }
}
