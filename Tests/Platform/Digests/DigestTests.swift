import Digests
import Testing

struct DigestTests {
    /// The vectors of RFC 1321, A.5, and of FIPS 180-4's examples.
    @Test(
        "digests are those of the standards",
        arguments: [
            (Digest.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
            (.md5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                .sha512, "abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ),
        ])
    func standards(digest: Digest, text: String, expected: String) {
        #expect(digest.hexadecimal(Array(text.utf8)) == expected)
        #expect(digest(Array(text.utf8)).count * 2 == expected.count)
    }
}
