import COpenSSL
import Contracts

/// Message digests, computed by libcrypto (`EVP_Q_digest`, OpenSSL 3).
public enum Digest: String, Sendable {
    /// RFC 1321, 16 bytes. For detecting changes only; it is not secure.
    case md5 = "MD5"
    /// FIPS 180-4, 32 bytes.
    case sha256 = "SHA256"
    /// FIPS 180-4, 64 bytes.
    case sha512 = "SHA512"

    /// The digest of these bytes.
    public func callAsFunction(_ bytes: [UInt8]) -> [UInt8] {
        // An OpenSSL that is configured for FIPS algorithms only still has the others under this query
        // (fips_module(7)).
        let anyProvider = "-fips"
        var count = 0
        let digest = [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, initialized in
            let isDone = EVP_Q_digest(nil, rawValue, anyProvider, bytes, bytes.count, buffer.baseAddress, &count) == 1
            initialized = isDone ? count : 0
        }
        // It fails only without memory or with an OpenSSL without the algorithm; to continue without a digest would
        // confuse different contents.
        precondition(!digest.isEmpty, "libcrypto offers no \(rawValue)")
        return digest
    }

    /// The digest of these bytes, as lower-case hexadecimal digits.
    public func hexadecimal(_ bytes: [UInt8]) -> String { Hexadecimal.text(self(bytes)) }
}
