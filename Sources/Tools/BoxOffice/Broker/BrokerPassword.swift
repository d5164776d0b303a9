import Digests
import FoundationEssentials

/// RabbitMQ's format for a password: Base64 of a salt of four bytes and the digest of salt and password
/// (https://www.rabbitmq.com/docs/passwords#computing-password-hash).
enum BrokerPassword {
    /// The algorithm of ``hash(_:salt:)``.
    static let algorithm = "rabbit_password_hashing_sha256"
    private static let saltLength = 4

    /// A password with a salt, as definitions and the management API take it.
    static func hash(_ password: String, salt: [UInt8]) -> String {
        Data(salt + Digest.sha256(salt + Array(password.utf8))).base64EncodedString()
    }

    /// An unpredictable salt.
    static func randomSalt() -> [UInt8] { (0..<saltLength).map { _ in .random(in: .min ... .max) } }

    /// A salt derived from name and password, so that the same input gives the same document.
    static func salt(of user: String, _ password: String) -> [UInt8] {
        Array(Digest.sha256(Array("\(user):\(password)".utf8)).prefix(saltLength))
    }

    /// Whether a hash belongs to this password. False for an unknown algorithm, so that the password is set again.
    static func isHash(_ hash: String, algorithm: String, of password: String) -> Bool {
        guard let bytes = Data(base64Encoded: hash), bytes.count > saltLength else { return false }
        let salted = Array(bytes.prefix(saltLength)) + Array(password.utf8)
        return switch algorithm {
        case Self.algorithm: bytes.dropFirst(saltLength).elementsEqual(Digest.sha256(salted))
        case "rabbit_password_hashing_sha512": bytes.dropFirst(saltLength).elementsEqual(Digest.sha512(salted))
        default: false
        }
    }
}
