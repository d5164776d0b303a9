import Glibc
import Platform

/// The person who runs the command.
enum CurrentUser {
    /// `USER`, or the system's name for the account of this process: a shell in a container often has no `USER`.
    static func name(_ settings: Settings) -> String {
        if let name = settings.string("USER") { return name }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(geteuid(), &entry, &buffer, buffer.count, &found) == 0, let name = found?.pointee.pw_name else { return "uid \(geteuid())" }
        return String(cString: name)
    }
}
