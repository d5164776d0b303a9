/// The body of `POST /_sandbox/bytemark/tokens`: a list of tokens, or `{"tokens": [...], "generate": {...}}`.
struct BytemarkPreload: Decodable, Sendable {
    var tokens: [Token] = []
    var generate: PassGenerator?

    /// One user's token.
    struct Token: Decodable, Sendable {
        let token: String
        /// The user's passes; if left out, the token keeps the passes that it has (given or generated).
        var passes: [JSONValue]?
        /// True: requests with it are answered 401.
        var voidToken: Bool?
        /// True: every request gets the first page, whatever page it asks for.
        var ignoresPage: Bool?
    }

    private enum CodingKeys: CodingKey {
        case tokens
        case generate
    }

    init(from decoder: any Decoder) throws {
        if var list = try? decoder.unkeyedContainer() {
            while !list.isAtEnd { tokens.append(try list.decode(Token.self)) }
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        tokens = try container.decodeIfPresent([Token].self, forKey: .tokens) ?? []
        generate = try container.decodeIfPresent(PassGenerator.self, forKey: .generate)
    }
}
