/// The identity of a refund at the gateway, `refund/12/1`: the same for each attempt, a new one when the refund is
/// begun again.
struct RefundKey: Sendable, Equatable, CustomStringConvertible {
    let refund: Int
    let round: Int

    init(refund: Int, round: Int) {
        self.refund = refund
        self.round = round
    }

    /// Parses a key; nil for any other text.
    init?(_ text: String) {
        let parts = text.split(separator: "/")
        guard parts.count == 3, parts[0] == "refund", let refund = Int(parts[1]), let round = Int(parts[2]) else { return nil }
        self.init(refund: refund, round: round)
    }

    var description: String { "refund/\(refund)/\(round)" }
}
