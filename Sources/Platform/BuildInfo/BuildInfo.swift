import CBuildVersion

/// The version of this build.
public enum BuildInfo {
    /// The version, from the commit that was built: the same in `--version`, logs, metrics and image labels. `-dirty`
    /// at its end means that sources were not committed; `unknown` is a build outside of a repository without a given
    /// version.
    public static let version = String(cString: boxoffice_version())
}
