/// Why a schedules document cannot be used: the line, the key and what to write there.
public struct ScheduleFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1; nil when the document as a whole is wrong.
    public let line: Int?
    /// The key that is wrong or missing; nil when it is not about one.
    public let key: String?
    /// What is wrong and what to do.
    public let reason: String

    /// One line for people, to be set behind the name of the file.
    public var description: String {
        let place = line.map { "line \($0): " } ?? ""
        return place + (key.map { "\($0): " } ?? "") + reason
    }
}
