import COpenSSL
import Contracts

/// A password as it is stored: scrypt (RFC 7914) with a salt of its own, computed by libcrypto. As text
/// `$scrypt$ln=14,r=8,p=5$<salt>$<hash>`, both in hexadecimal digits.
///
/// One computation takes 16 MB and about a quarter of a second of a processor; it blocks its thread.
public struct PasswordHash: Sendable, Equatable {
    /// The longest password in bytes: a longer one is refused before anything is computed.
    public static let mostBytes = 1024
    private static let length = 32
    private static let saltLength = 16

    private let cost: Cost
    private let salt: [UInt8]
    private let hash: [UInt8]

    /// The parameters of scrypt; those of OWASP's Password Storage Cheat Sheet for 16 MB.
    private struct Cost: Equatable {
        /// The binary logarithm of N.
        var logN = 14
        var r = 8
        var p = 5
    }

    /// The hash of a new password, with a fresh salt.
    public init(_ password: [UInt8]) {
        var generator = SystemRandomNumberGenerator()
        cost = Cost()
        salt = (0..<Self.saltLength).map { _ in UInt8.random(in: 0...255, using: &generator) }
        hash = Self.compute(password, salt, cost)
    }

    /// Reads the stored text; nil when it is none, or asks for more work than ours do.
    public init?(text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[1] == "scrypt", let salt = Hexadecimal.bytes(parts[3]), let hash = Hexadecimal.bytes(parts[4]),
            salt.count >= 8, hash.count == Self.length
        else { return nil }
        var cost = Cost(logN: 0, r: 0, p: 0)
        for parameter in parts[2].split(separator: ",") {
            let pair = parameter.split(separator: "=")
            guard pair.count == 2, let value = Int(pair[1]) else { return nil }
            switch pair[0] {
            case "ln": cost.logN = value
            case "r": cost.r = value
            case "p": cost.p = value
            default: return nil
            }
        }
        guard (10...15).contains(cost.logN), (1...8).contains(cost.r), (1...8).contains(cost.p) else { return nil }
        self.cost = cost
        self.salt = salt
        self.hash = hash
    }

    /// The text to store.
    public var text: String { "$scrypt$ln=\(cost.logN),r=\(cost.r),p=\(cost.p)$\(Hexadecimal.text(salt))$\(Hexadecimal.text(hash))" }

    /// Whether this is the hash of a password. It takes the same time for a right and a wrong one.
    ///
    /// A password with NUL is none: the key of an HMAC is filled up with zeros (RFC 2104), so it would be the same with
    /// some more of them at its end.
    public func verifies(_ password: [UInt8]) -> Bool {
        guard password.count <= Self.mostBytes, !password.contains(0) else { return false }
        return CRYPTO_memcmp(Self.compute(password, salt, cost), hash, hash.count) == 0
    }

    private static func compute(_ password: [UInt8], _ salt: [UInt8], _ cost: Cost) -> [UInt8] {
        let memory: UInt64 = 64 << 20
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, initialized in
            let isDone = password.withUnsafeBytes { bytes in
                EVP_PBE_scrypt(
                    bytes.bindMemory(to: CChar.self).baseAddress, bytes.count, salt, salt.count, 1 << UInt64(cost.logN), UInt64(cost.r),
                    UInt64(cost.p), memory, buffer.baseAddress, length)
            }
            // It fails only without memory or with an OpenSSL without the algorithm.
            precondition(isDone == 1, "libcrypto offers no scrypt")
            initialized = length
        }
    }
}
