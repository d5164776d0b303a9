/// The data object of a message: one struct, one file, one schema in Contracts/messages.
public protocol Message: Codable, Sendable, Equatable {
    /// What it is called.
    static var type: MessageType { get }
    /// Checks what a type cannot say: ranges and lengths.
    func validate() throws(ContractViolation)
    /// Reads and checks the data object.
    static func decode(_ json: ArraySlice<UInt8>) throws(ContractViolation) -> Self
}

extension Message {
    /// Nothing to check.
    public func validate() throws(ContractViolation) {}

    /// Reads and checks the data object.
    public static func decode(_ json: ArraySlice<UInt8>) throws(ContractViolation) -> Self {
        let message = try WireCoding.decodeJSON(Self.self, from: json)
        try message.validate()
        return message
    }
}
