import Digests
import Testing

@Suite("HMAC-SHA256")
struct HMACTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let name: String
        let key: [UInt8]
        let data: [UInt8]
        /// Hexadecimal; case 5 is truncated.
        let code: String
        var testDescription: String { name }
    }

    private static func bytes(_ byte: UInt8, _ count: Int) -> [UInt8] { [UInt8](repeating: byte, count: count) }

    static let vectors = [
        Vector(
            name: "1", key: bytes(0x0B, 20), data: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Vector(
            name: "2", key: Array("Jefe".utf8), data: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Vector(
            name: "3", key: bytes(0xAA, 20), data: bytes(0xDD, 50), code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        Vector(
            name: "4", key: Array(1...25), data: bytes(0xCD, 50), code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        Vector(name: "5", key: bytes(0x0C, 20), data: Array("Test With Truncation".utf8), code: "a3b6167473100ee06e0c796c2955552b"),
        Vector(
            name: "6", key: bytes(0xAA, 131), data: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        Vector(
            name: "7", key: bytes(0xAA, 131),
            data: Array(
                "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm."
                    .utf8),
            code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]

    @Test("The vectors of RFC 4231", arguments: vectors)
    func vector(_ vector: Vector) throws {
        let code = HMAC(key: vector.key).code(of: vector.data, length: vector.code.count / 2)
        #expect(code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == vector.code)
        #expect(HMAC(key: vector.key).verifies(code, of: vector.data))
    }

    @Test("A code with one bit changed, of other bytes, under another key or cut below 16 bytes does not verify")
    func forged() {
        let hmac = HMAC(key: Self.bytes(7, 32))
        let code = hmac.code(of: [1, 2, 3])
        for index in code.indices {
            for bit in 0..<8 {
                var forged = code
                forged[index] ^= 1 << bit
                #expect(!hmac.verifies(forged, of: [1, 2, 3]))
            }
        }
        #expect(!hmac.verifies(code, of: [1, 2, 4]))
        #expect(!HMAC(key: Self.bytes(8, 32)).verifies(code, of: [1, 2, 3]))
        #expect(hmac.verifies(code.prefix(16), of: [1, 2, 3]))
        #expect(!hmac.verifies(code.prefix(15), of: [1, 2, 3]))
        #expect(!hmac.verifies([], of: [1, 2, 3]))
        #expect(!hmac.verifies(code + [0], of: [1, 2, 3]))
    }

    @Test("An empty key and no bytes have a code too")
    func empty() {
        let code = HMAC(key: []).code(of: [])
        #expect(code.prefix(4) == [0xB6, 0x13, 0x67, 0x9A])
    }
}
