import Glibc
import Platform

/// A folder of the settings that cannot be used; trying again does not help.
struct FolderError: PermanentFailure, CustomStringConvertible {
    let path: String
    let code: Int32

    var description: String { "\(path) cannot be read (\(String(cString: strerror(code)))): see the setting, and the rights of this service" }
}
