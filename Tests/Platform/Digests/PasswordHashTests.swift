import Contracts
import Testing

@testable import Digests

@Suite("Passwords as they are stored")
struct PasswordHashTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("scrypt computes what RFC 7914, section 12, has")
    func vector() throws {
        // The vector with N = 1024, r = 8, p = 16 asks for more than ours do; that of 16384, 8, 1 does not.
        let salt = Hexadecimal.text(bytes("SodiumChloride"))
        let hash = "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        let stored = try #require(PasswordHash(text: "$scrypt$ln=14,r=8,p=1$\(salt)$\(hash)"))
        #expect(stored.verifies(bytes("pleaseletmein")))
        #expect(!stored.verifies(bytes("pleaseletmeim")))
    }

    @Test("A new hash is another each time, is read back, and fits its password alone")
    func fresh() throws {
        let (one, two) = (PasswordHash(bytes("correct horse")), PasswordHash(bytes("correct horse")))
        #expect(one.text != two.text)
        let read = try #require(PasswordHash(text: one.text))
        #expect(read == one && read.verifies(bytes("correct horse")))
        for wrong in ["", "correct horse ", "Correct horse", "correct horse\0", String(repeating: "x", count: 2000)] {
            #expect(!read.verifies(bytes(wrong)), "\(wrong.debugDescription.prefix(30))")
        }
    }

    @Test(
        "What is no hash, or asks for more work than ours do, is none",
        arguments: [
            "", "x", "$scrypt$", "$scrypt$ln=14,r=8,p=5$aa$bb",
            "$scrypt$ln=25,r=8,p=5$00112233445566778899aabbccddeeff$\(String(repeating: "0", count: 64))",
            "$argon2id$ln=14,r=8,p=5$00112233445566778899aabbccddeeff$\(String(repeating: "0", count: 64))",
            "$scrypt$ln=14,r=8$00112233445566778899aabbccddeeff$\(String(repeating: "0", count: 64))",
        ])
    func unreadable(text: String) { #expect(PasswordHash(text: text) == nil) }
}
