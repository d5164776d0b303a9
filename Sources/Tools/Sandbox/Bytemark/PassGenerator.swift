import NIOCore
import Platform

/// Passes of many users, computed from a seed on each request: nothing is stored.
///
/// User `n` has the token `<prefix><n>`, n from 1 to `tokens`. The same seed always gives the same passes; about a
/// third are EXPIRED.
struct PassGenerator: Codable, Sendable {
    /// The number of users.
    var tokens: Int
    var prefix = "token-"
    var passesPerUser = 12
    var seed: UInt64 = 1

    /// The products of the passes; the first is the free ticket of a loyalty award.
    static let products: [StaticString] = [
        "0f3c8a52-6d1e-4b7a-9c05-1a2b3c4d5e6f",
        "1d5b7e90-2c3f-4a68-8b1d-9e0f1a2b3c4d",
        "2e6c8fa1-3d40-4b79-9c2e-0f1a2b3c4d5e",
        "3f7d90b2-4e51-4c8a-8d3f-1a2b3c4d5e6f",
    ]

    /// 2026-01-01T00:00:00Z, the time of the earliest pass, in seconds.
    private static let epoch: Int64 = 1_767_225_600
    private static let day: Int64 = 86_400

    init(tokens: Int, prefix: String = "token-", passesPerUser: Int = 12, seed: UInt64 = 1) {
        self.tokens = tokens
        self.prefix = prefix
        self.passesPerUser = passesPerUser
        self.seed = seed
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            tokens: try container.decode(Int.self, forKey: .tokens),
            prefix: try container.decodeIfPresent(String.self, forKey: .prefix) ?? "token-",
            passesPerUser: try container.decodeIfPresent(Int.self, forKey: .passesPerUser) ?? 12,
            seed: try container.decodeIfPresent(UInt64.self, forKey: .seed) ?? 1)
        guard tokens >= 0, passesPerUser >= 0 else {
            throw DecodingError.dataCorruptedError(forKey: .tokens, in: container, debugDescription: "tokens and passesPerUser must not be negative")
        }
    }

    /// The number of the user with this token; nil when the generator did not make it.
    func user(of token: String) -> Int? {
        guard token.hasPrefix(prefix) else { return nil }
        let digits = token.dropFirst(prefix.count)
        guard digits.first != "0", digits.utf8.allSatisfy({ (48...57).contains($0) }), let user = Int(digits), (1...max(1, tokens)).contains(user)
        else { return nil }
        return user <= tokens ? user : nil
    }

    func status(ofPass pass: Int, user: Int) -> PassStatus {
        switch hash(user, pass, 0) % 6 {
        case 0, 1: .expired
        case 2, 3: .unused
        default: .active
        }
    }

    /// Writes one pass as JSON.
    func write(pass: Int, user: Int, into buffer: inout ByteBuffer) {
        let status = status(ofPass: pass, user: user)
        let first = hash(user, pass, 1)
        let second = hash(user, pass, 2)
        let third = hash(user, pass, 3)
        let created = Self.epoch + Int64(third % UInt64(180 * Self.day))
        buffer.writeStaticString("{\"uuid\":\"")
        buffer.writeUUID(first, second)
        buffer.writeStaticString("\",\"status\":\"")
        buffer.writeString(status.rawValue)
        buffer.writeStaticString("\",\"product_uuid\":\"")
        buffer.writeStaticString(Self.products[Int((third >> 32) % UInt64(Self.products.count))])
        buffer.writeStaticString("\",\"time_created\":\"")
        buffer.writeSecond(created)
        buffer.writeStaticString("\",\"expiration\":\"")
        buffer.writeSecond(created + 30 * Self.day)
        if status == .unused {
            buffer.writeStaticString("\",\"first_use\":null}")
        } else {
            buffer.writeStaticString("\",\"first_use\":\"")
            buffer.writeSecond(created + Int64(second % UInt64(2 * Self.day)))
            buffer.writeStaticString("\"}")
        }
    }

    /// A random number for the coordinates of a value.
    private func hash(_ user: Int, _ pass: Int, _ member: UInt64) -> UInt64 {
        let base = seed &* SplitMix64.increment &+ UInt64(bitPattern: Int64(user)) &* 0xD134_2543_DE82_EF95
        return SplitMix64.mix(base &+ (UInt64(bitPattern: Int64(pass)) &* 8 &+ member &+ 1) &* SplitMix64.increment)
    }
}
