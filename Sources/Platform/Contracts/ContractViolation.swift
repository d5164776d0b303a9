/// A message that breaks its contract: which field, and what it must be.
public struct ContractViolation: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where: `data.userId`.
    public let field: String
    /// What is wrong with it.
    public let problem: String

    /// A complaint about a field.
    public init(_ field: String, _ problem: String) {
        self.field = field
        self.problem = problem
    }

    /// `FIELD problem`
    public var description: String { "\(field) \(problem)" }

    /// Complains unless the number is at least so much.
    static func require(_ field: String, _ value: Int, atLeast least: Int) throws(ContractViolation) {
        guard value >= least else { throw ContractViolation(field, "is \(value), but must be at least \(least)") }
    }

    /// Complains unless the text has between 1 and so many characters.
    static func require(_ field: String, _ text: String, atMost most: Int) throws(ContractViolation) {
        guard !text.isEmpty else { throw ContractViolation(field, "is empty") }
        // The bytes are never fewer than the characters: counting those is needed for long texts only.
        guard text.utf8.count <= most || text.unicodeScalars.count <= most else {
            throw ContractViolation(field, "is longer than \(most) characters")
        }
    }
}
