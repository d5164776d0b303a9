import NIOCore
import Testing

@testable import Sandbox

@Suite("Mails are taken apart as a reader sees them")
struct MailParsingTests {
    private static func report(_ lines: String...) -> MailReport {
        let raw = ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n")
        return MailReport(number: 1, .init(at: Timestamp(microseconds: 0), sender: "s", recipients: ["r"], raw: raw))
    }

    @Test("Text and HTML come out of nested parts, each in its own encoding")
    func nested() {
        let mail = Self.report(
            "Subject: =?utf-8?B?R3LDvMOfZQ==?=", "Message-ID: <1@x>", "From: =?UTF-8?Q?Caf=C3=A9_am_Rhein?= <a@x>", "To: b@x,", "\tc@x",
            #"Content-Type: multipart/mixed; boundary="o u;t""#, "", "preamble", "--o u;t", "Content-Type: multipart/alternative; boundary=in", "",
            "--in", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", "Gr=C3=BC=C3=9Fe, eine la=",
            "nge Zeile",
            "--in", "Content-Type: text/html; charset=UTF-8", "Content-Transfer-Encoding: base64", "", "PHA+R3LDvMOf", "ZTwvcD4=", "--in--",
            "--o u;t",
            "Content-Type: text/plain", "", "an attachment", "--o u;t--", "epilogue")
        #expect(mail.subject == "Grüße")
        #expect(mail.messageId == "<1@x>")
        #expect(mail.from == "Café am Rhein <a@x>")
        #expect(mail.to == "b@x,\tc@x")
        #expect(mail.text == "Grüße, eine lange Zeile")
        #expect(mail.html == "<p>Grüße</p>")
    }

    @Test("A mail without any MIME header is plain text, one in Latin-1 is read as such")
    func plain() {
        #expect(Self.report("Subject: x", "", "hello").text == "hello\r\n")
        let latin = MIMEEntity(ArraySlice(Array("Content-Type: text/plain; charset=ISO-8859-1\r\n\r\n".utf8) + [0xE9]))
        #expect(latin.text(ofType: "text/plain") == "é")
        #expect(Self.report("Subject: x", "", "hello").html == nil)
    }

    @Test("Headers that come several times are all told")
    func repeatedHeaders() {
        #expect(Self.report("X-A: 1", "x-a: 2", "", "").headers["x-a"] == "1\n2")
    }

    @Test(
        "Encoded words are decoded, anything else is left alone",
        arguments: [
            ("plain", "plain"), ("=?utf-8?Q?a_b=3D?=", "a b="), ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"), ("=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b"),
            ("=?utf-8?B?w6k=?= end", "é end"), ("=?iso-8859-1?Q?=E9?=", "é"), ("=?utf-8?X?a?=", "=?utf-8?X?a?="), ("1 =? 2", "1 =? 2"),
            ("=?utf-8?B?***?=", "=?utf-8?B?***?="),
        ])
    func encodedWords(text: String, decoded: String) {
        #expect(EncodedWords.decode(text) == decoded)
    }

    @Test("Broken quoted-printable is kept as it stands")
    func brokenQuotedPrintable() {
        #expect(QuotedPrintable.decode("a=ZZb=".utf8) == Array("a=ZZb=".utf8))
    }
}
