/// A parameter of a trigger that the job cannot use.
public struct InvalidParameter: PermanentFailure, CustomStringConvertible {
    let name: String
    let value: String
    let expected: String

    /// `parameter NAME is "x", but must be …`
    public var description: String { "parameter \(name) is \"\(value)\", but must be \(expected)" }
}
