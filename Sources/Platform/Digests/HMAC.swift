import COpenSSL

/// HMAC-SHA256 (RFC 2104, FIPS 198-1) with one key, computed by libcrypto.
public struct HMAC: Sendable {
    /// The length of a whole code in bytes.
    public static let length = 32

    private let key: [UInt8]

    /// Codes under this key. A key of 32 bytes or more is as strong as the function.
    public init(key: some Sequence<UInt8>) { self.key = Array(key) }

    /// The code of these bytes; `length` keeps its first bytes only.
    public func code(of bytes: [UInt8], length: Int = HMAC.length) -> [UInt8] {
        var count = 0
        let code = [UInt8](unsafeUninitializedCapacity: Self.length) { buffer, initialized in
            let found = EVP_Q_mac(
                nil, "HMAC", nil, "SHA256", nil, key, key.count, bytes, bytes.count, buffer.baseAddress, Self.length, &count)
            initialized = found == nil ? 0 : count
        }
        // It fails only without memory or with an OpenSSL without the algorithm.
        precondition(code.count == Self.length, "libcrypto offers no HMAC-SHA256")
        return Array(code.prefix(length))
    }

    /// Whether this is the code of these bytes, or its first bytes. The time that it takes does not depend on where
    /// they differ.
    public func verifies(_ code: some Collection<UInt8>, of bytes: [UInt8]) -> Bool {
        guard (16...Self.length).contains(code.count) else { return false }
        return CRYPTO_memcmp(Array(code), self.code(of: bytes, length: code.count), code.count) == 0
    }
}
