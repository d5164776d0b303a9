import Contracts

/// A value in a mail, formatted in the mail's language when the mail is sent.
///
/// In the delivery's JSON a text is a string, a number a number, a list an array, money `{"money": 4200, "currency":
/// "EUR"}` and a local time `{"at": "2026-11-21T20:00", "zone": "Europe/Madrid"}`.
public enum MailFact: Decodable, Sendable, Equatable {
    /// A text; an empty one counts as absent for a section (`{{#reason}}…{{/reason}}`).
    case text(String)
    /// A count: 12,345.
    case number(Int)
    /// An amount of money.
    case money(Money)
    /// A local date and time without offset, `2026-11-21T20:00`, and the IANA name of its zone.
    case localTime(String, zone: String)
    /// A section that is repeated for each item (`{{#events}}…{{/events}}`); an item can also name the facts around it.
    case list([[String: MailFact]])

    private enum Member: String, CodingKey {
        case money
        case currency
        case at
        case zone
    }

    /// Decodes it from a delivery's JSON.
    public init(from decoder: any Decoder) throws {
        // Texts first: they are the most, and each guess that fails costs an error.
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let members = try? decoder.container(keyedBy: Member.self) {
            if members.contains(.money) {
                self = .money(Money(try members.decode(Int.self, forKey: .money), try members.decode(String.self, forKey: .currency)))
            } else {
                self = .localTime(try members.decode(String.self, forKey: .at), zone: try members.decode(String.self, forKey: .zone))
            }
        } else if let number = try? value.decode(Int.self) {
            self = .number(number)
        } else {
            self = .list(try value.decode([[String: MailFact]].self))
        }
    }

    // Encoded by hand, because a job writes two hundred thousand of them in a few seconds.
    var json: String {
        switch self {
        case .text(let text): JSONText.quoted(text)
        case .number(let number): "\(number)"
        case .money(let money): "{\"money\":\(money.amount),\"currency\":\(JSONText.quoted(money.currency))}"
        case .localTime(let at, let zone): "{\"at\":\(JSONText.quoted(at)),\"zone\":\(JSONText.quoted(zone))}"
        case .list(let items): "[\(items.map(Self.json).joined(separator: ","))]"
        }
    }

    static func json(_ facts: [String: MailFact]) -> String {
        "{\(facts.map { "\(JSONText.quoted($0.key)):\($0.value.json)" }.joined(separator: ","))}"
    }
}
