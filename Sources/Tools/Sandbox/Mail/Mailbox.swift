import NIOCore
import Synchronization

/// The accepted mails, including repeated ones.
final class Mailbox: Sendable {
    /// A mail with its envelope.
    struct Mail: Sendable {
        let at: Timestamp
        let sender: String
        let recipients: [String]
        /// The message as sent, lines ended by CRLF, dots unstuffed.
        let raw: ByteBuffer
    }

    private let mails: Mutex<RingBuffer<Mail>>

    init(keep: Int) {
        mails = Mutex(RingBuffer(capacity: keep))
    }

    func take(_ mail: Mail) {
        mails.withLock { _ = $0.append(mail) }
    }

    func reset() {
        mails.withLock { $0.removeAll() }
    }

    /// The kept mails with a number above `since`, oldest first, those to `recipient` when one is given.
    func mails(since: Int, limit: Int?, recipient: Pattern?) -> [(number: Int, mail: Mail)] {
        mails.withLock { $0.elements(since: since) }
            .filter { mail in recipient.map { mail.element.recipients.contains(where: $0.matches) } ?? true }
            .prefix(limit ?? .max)
            .map { ($0.number, $0.element) }
    }
}
