/// The charsets that our mails may use.
enum Charset {
    /// Decodes ISO 8859-1 by name, everything else as UTF-8 with invalid bytes replaced.
    static func text(_ bytes: some Collection<UInt8>, charset: String) -> String {
        switch charset.lowercased() {
        case "iso-8859-1", "latin1": String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        default: String(decoding: bytes, as: UTF8.self)
        }
    }
}
