/// An image that is a part of a mail and is shown within its HTML, by `<img src="cid:…">` (RFC 2392).
public struct MailImage: Sendable, Equatable {
    /// Unique in the world, `left@right`; the HTML names it after `cid:`.
    public let contentID: String
    /// `image/png`
    public let type: String
    /// The file.
    public let content: [UInt8]

    /// An image.
    public init(contentID: String, type: String, content: [UInt8]) {
        self.contentID = contentID
        self.type = type
        self.content = content
    }
}
