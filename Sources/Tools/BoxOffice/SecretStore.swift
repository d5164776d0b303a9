import FoundationEssentials
import Glibc
import Platform

/// Files of secrets, in a folder for each owner. A file appears whole or not at all, so that a service that starts at
/// the same moment, and a second command that creates secrets, read the same value.
struct SecretStore {
    let folder: String

    /// Readable for every user id in the container that mounts the folder; the folder is mounted in no other.
    private static let mode: mode_t = 0o444

    /// Creates a secret for all its owners. If one of them has it already, the others get the same.
    /// - Returns: the created files, as `OWNER/NAME`.
    func make(_ secret: SharedSecret) throws -> [String] {
        let paths = secret.owners.map { "\($0)/\(secret.name)" }
        let present = paths.filter { access("\(folder)/\($0)", F_OK) == 0 }
        guard present.count < paths.count else { return [] }
        let value = try present.first.map(read) ?? (secret.isOptional ? "" : Self.random())
        var made: [String] = []
        for path in paths where try write(value, path, replacing: false) { made.append(path) }
        // If another command created one of the files first, all get its value.
        let found = try read(paths[0])
        for path in paths where try read(path) != found { _ = try write(found, path, replacing: true) }
        return made
    }

    /// The text of a secret.
    func read(_ path: String) throws -> String {
        String(try Settings([:]).contents(of: "\(folder)/\(path)", for: "SECRETS_DIR").prefix { !$0.isNewline })
    }

    /// Replaces a secret.
    func put(_ text: String, as path: String) throws {
        guard access("\(folder)/\(path)", F_OK) == 0 else { throw Failure("there is no secret \(path) in \(folder)") }
        _ = try write(text, path, replacing: true)
    }

    /// - Returns: false when the file exists and must not be replaced.
    private func write(_ text: String, _ path: String, replacing: Bool) throws -> Bool {
        let target = "\(folder)/\(path)"
        let parent = target.prefix(upTo: target.lastIndex(of: "/") ?? target.endIndex)
        if mkdir(String(parent), 0o755) != 0, errno != EEXIST { throw problem(String(parent)) }
        // Not the process id: in two containers that write to one volume both may be 1.
        let draft = "\(target).\(UInt64.random(in: 0...UInt64.max))"
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw problem(draft) }
        defer { unlink(draft) }
        var bytes = Array("\(text)\n".utf8)
        let written = Glibc.write(file, &bytes, bytes.count)
        guard written == bytes.count, fchmod(file, Self.mode) == 0, fsync(file) == 0, close(file) == 0 else { throw problem(draft) }
        if replacing {
            guard rename(draft, target) == 0 else { throw problem(target) }
        } else if link(draft, target) != 0 {
            guard errno == EEXIST else { throw problem(target) }
            return false
        }
        return true
    }

    private func problem(_ path: String) -> ConfigurationError {
        ConfigurationError("SECRETS_DIR", "cannot write \(path): \(String(cString: strerror(errno)).lowercased())")
    }

    /// 256 random bits, in characters that need no escaping in an address.
    static func random() -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        var generator = SystemRandomNumberGenerator()
        return String((0..<43).map { _ in letters[Int.random(in: letters.indices, using: &generator)] })
    }
}
