import CivilCalendar
import FoundationEssentials

extension MailMessage {
    /// The message as SMTP carries it (RFC 5322, MIME: RFC 2045 to 2047): CRLF lines of ASCII, quoted-printable parts in UTF-8.
    ///
    /// The same message gives the same bytes. `bcc` is not in it.
    /// Throws `MailError`, above all `headerInjection` when a header or address has a line break in it.
    public func rendered() throws(MailError) -> [UInt8] {
        var out = HeaderWriter()
        try writeHeaders(to: &out)
        guard let html else {
            try out.field("Content-Type", words: ["text/plain;", "charset=utf-8"])
            try out.field("Content-Transfer-Encoding", words: ["quoted-printable"])
            return out.bytes + Array("\r\n".utf8) + QuotedPrintable.encode(text)
        }
        try out.field("Content-Type", words: ["multipart/alternative;", "boundary=\"\(boundary)\""])
        var bytes = out.bytes
        // The plainest first: readers show the last part they understand (RFC 2046 section 5.1.4).
        bytes += part("text/plain", text, boundary)
        if images.isEmpty {
            bytes += part("text/html", html, boundary)
        } else {
            // The images belong to the HTML alone (RFC 2387): beside both they would be listed as attachments.
            let related = "=_r.\(boundary.dropFirst(2))"
            bytes += "\r\n--\(boundary)\r\nContent-Type: multipart/related; type=\"text/html\"; boundary=\"\(related)\"\r\n".utf8
            bytes += part("text/html", html, related)
            for image in images { bytes += try part(image, related) }
            bytes += "\r\n--\(related)--\r\n".utf8
        }
        bytes += "\r\n--\(boundary)--\r\n".utf8
        return bytes
    }

    private func part(_ type: String, _ content: String, _ boundary: String) -> [UInt8] {
        Array("\r\n--\(boundary)\r\nContent-Type: \(type); charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".utf8)
            + QuotedPrintable.encode(content)
    }

    private func part(_ image: MailImage, _ boundary: String) throws(MailError) -> [UInt8] {
        for value in [image.contentID, image.type]
        where value.isEmpty || !value.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x3C && $0 != 0x3E }) {
            throw .invalidHeaderValue(field: "Content-ID")
        }
        let head =
            "\r\n--\(boundary)\r\nContent-Type: \(image.type)\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <\(image.contentID)>\r\nContent-Disposition: inline\r\n\r\n"
        return Array(head.utf8)
            + Data(image.content).base64EncodedData(options: [.lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed])
    }

    private func writeHeaders(to out: inout HeaderWriter) throws(MailError) {
        guard !recipients.isEmpty else { throw .noRecipients }
        try out.field("Date", words: [dateText])
        try out.addresses("From", [from])
        if let replyTo { try out.addresses("Reply-To", [replyTo]) }
        if !to.isEmpty { try out.addresses("To", to) }
        if !cc.isEmpty { try out.addresses("Cc", cc) }
        if to.isEmpty, cc.isEmpty { try out.field("To", words: ["undisclosed-recipients:;"]) }
        try out.text("Subject", subject, isFree: true)
        try out.field("Message-ID", words: ["<\(try checkedMessageID)>"])
        for (name, value) in headers {
            guard !name.breaksLine else { throw .headerInjection(field: "header name") }
            guard !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x3A }) else { throw .invalidHeaderName(name) }
            guard !Self.isReserved(name) else { throw .reservedHeader(name) }
            if Self.isForMachines(name) { try out.structured(name, value) } else { try out.text(name, value) }
        }
        try out.field("MIME-Version", words: ["1.0"])
    }

    /// RFC 2369, 2919 and 8058: `List-Unsubscribe`, `List-Id` …, and Gmail's `Feedback-ID`.
    private static func isForMachines(_ name: String) -> Bool {
        name.utf8.count > 5 && String(name.prefix(5)).equalsIgnoringCase("List-") || name.equalsIgnoringCase("Feedback-ID")
    }

    private static func isReserved(_ name: String) -> Bool {
        let own = [
            "Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Message-ID", "MIME-Version", "Content-Type",
            "Content-Transfer-Encoding", "Return-Path", "Received",
        ]
        return own.contains { $0.equalsIgnoringCase(name) }
    }

    private var checkedMessageID: String {
        get throws(MailError) {
            guard !messageID.breaksLine else { throw .headerInjection(field: "Message-ID") }
            let parts = messageID.split(separator: "@", omittingEmptySubsequences: false)
            let isVisible = messageID.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x3C && $0 != 0x3E }
            guard isVisible, parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { throw .invalidMessageID(messageID) }
            return messageID
        }
    }

    private var dateText: String {
        let (days, time) = Int(date.timeIntervalSince1970.rounded(.down)).dividedDown(by: 86_400)
        let day = CivilDate(daysSince1970: days)
        let weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][day.weekday]
        return "\(weekday), \(day.day) \(HTTPDate.months[day.month - 1]) \(day.year) \(CivilDate.clock(time)) +0000"
    }

    /// Of the message id alone, so that the same mail is the same bytes.
    ///
    /// `=_` occurs in no quoted-printable text (RFC 2045 section 6.7), so no content can hold it.
    private var boundary: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in messageID.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return "=_\(String(hash, radix: 36))"
    }
}
