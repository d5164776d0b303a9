/// The charsets a mail of ours can come in.
enum Charset {
    /// ISO 8859-1 by name, everything else as UTF-8 with broken bytes replaced.
    static func text(_ bytes: some Collection<UInt8>, charset: String) -> String {
        switch charset.lowercased() {
        case "iso-8859-1", "latin1": String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        default: String(decoding: bytes, as: UTF8.self)
        }
    }
}
