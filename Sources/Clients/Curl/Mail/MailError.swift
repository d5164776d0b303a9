/// Why a mail or an address cannot be used.
public enum MailError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A CR, LF or NUL in a header or address: somebody tries to add a header, or forgot to trim.
    case headerInjection(field: String)
    /// Not an address that SMTP can carry; the reason says what is wrong with it.
    case invalidAddress(String, reason: String)
    /// A header name that is not printable ASCII without a colon (RFC 5322 section 2.2).
    case invalidHeaderName(String)
    /// A header for machines (`List-Unsubscribe`) with a character that is not printable ASCII.
    case invalidHeaderValue(field: String)
    /// A header that the message makes itself: set the property instead.
    case reservedHeader(String)
    /// A word of this header is longer than a line may be (998 characters, RFC 5322 section 2.1.1).
    case headerTooLong(field: String)
    /// The message id is empty, or has spaces, angle brackets or characters beyond ASCII.
    case invalidMessageID(String)
    /// Nobody to send it to.
    case noRecipients

    /// What is wrong.
    public var description: String {
        switch self {
        case .headerInjection(let field): "\(field) has a line break or NUL in it"
        case .invalidAddress(let address, let reason): "\(address.debugDescription) is not a mail address: \(reason)"
        case .invalidHeaderName(let name): "\(name.debugDescription) is not a header name"
        case .invalidHeaderValue(let field): "the header \(field) must be printable ASCII"
        case .reservedHeader(let name): "the header \(name) is made from the message's own properties"
        case .headerTooLong(let field): "the header \(field) has a word of more than 990 characters"
        case .invalidMessageID(let id): "\(id.debugDescription) is not a message id: left@right in ASCII, without angle brackets"
        case .noRecipients: "it has no recipients"
        }
    }
}
