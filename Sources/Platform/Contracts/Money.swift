/// An amount of money in one currency.
public struct Money: Codable, Sendable, Hashable, CustomStringConvertible {
    /// Minor units of the currency (ISO 4217): cents of EUR, yen of JPY, fils of KWD.
    public let amount: Int
    /// The currency's ISO 4217 code: three capital letters.
    public let currency: String

    /// So many minor units of the currency.
    public init(_ amount: Int, _ currency: String) {
        self.amount = amount
        self.currency = currency
    }

    /// Reads the members `amount` and `currency`.
    /// - Parameters:
    ///   - least: The least amount that the message may have.
    ///   - ignoringCase: Whether the currency may be written with small letters.
    public init(_ data: MessageData, atLeast least: Int = 0, ignoringCase: Bool = false) throws(ContractViolation) {
        self.init(try data.amount("amount", atLeast: least), try data.currency("currency", ignoringCase: ignoringCase))
    }

    /// `4500 EUR`
    public var description: String { "\(amount) \(currency)" }
}
