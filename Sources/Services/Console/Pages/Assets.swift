import Digests
import Platform

/// The style and the script of the pages. Their addresses have a part of their digest, so browsers may keep them for
/// ever and never have an old one.
struct Assets: Sendable {
    struct Asset: Sendable {
        let name: String
        let type: String
        let text: String
        /// The path, without a slash at the beginning.
        let path: String
    }

    let all: [Asset]

    /// - Throws: ``ConfigurationError`` when one is missing.
    init(_ files: [(path: String, text: String)]) throws(ConfigurationError) {
        var all: [Asset] = []
        for (name, type) in [("console.css", "text/css; charset=utf-8"), ("console.js", "text/javascript; charset=utf-8")] {
            guard let text = files.first(where: { $0.path.hasSuffix("Assets/\(name)") })?.text else { throw ConfigurationError(name, "is missing") }
            let digest = Digest.sha256.hexadecimal(Array(text.utf8)).prefix(12)
            all.append(Asset(name: name, type: type, text: text, path: "assets/\(digest)/\(name)"))
        }
        self.all = all
    }

    /// The address of one.
    func address(of name: String) -> String { all.first { $0.name == name }.map { "/\($0.path)" } ?? "" }
}
