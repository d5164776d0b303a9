/// Why a text is not a cron expression: the field, the part of it that is wrong, its position, and what would be right.
public struct CronSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The whole text that was read.
    public let text: String
    /// The field that is wrong; nil when the expression as a whole is (number of fields, unknown `@name`).
    public let field: CronFieldName?
    /// The part of the text that is wrong.
    public let value: String
    /// Where that part starts in the text, in characters from 1.
    public let position: Int
    /// What is wrong with it and what is allowed there.
    public let reason: String

    /// One line for people.
    public var description: String {
        let place = field.map { "\($0.rawValue) '\(value)'" } ?? "'\(value)'"
        return "cron '\(text)': \(place) at position \(position): \(reason)"
    }
}
