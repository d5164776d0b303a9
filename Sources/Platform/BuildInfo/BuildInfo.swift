import CBuildVersion

/// What was built.
public enum BuildInfo {
    /// The version, from the commit that was built: the same in `--version`, logs, metrics and labels of images. `-dirty` at its end tells of
    /// sources that were not committed; `unknown` is a build outside of a repository that nobody gave a version.
    public static let version = String(cString: boxoffice_version())
}
