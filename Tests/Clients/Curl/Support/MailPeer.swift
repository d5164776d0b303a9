import Curl
import Foundation
import Testing

/// The scripted mail server (Peers/smtp.py).
struct MailPeer: Sendable {
    /// How it behaves; see Peers/smtp.py.
    struct Settings: Encodable {
        struct Login: Encodable {
            var user = "box"
            var password = "p4ss w\u{F6}rd"
        }
        var starttls = false
        var implicit = false
        var cert: String?
        var key: String?
        var auth: Login?
        var mechanisms = "PLAIN LOGIN"
        var greeting: String?
        var replies: [String: String] = [:]
        var hang: String?
        var dropAfter: Int?
        var goodbye = true

        enum CodingKeys: String, CodingKey {
            case starttls, implicit, cert, key, auth, mechanisms, greeting, replies, hang, goodbye
            case dropAfter = "drop_after"
        }
    }

    /// Something it saw; the fields of Peers/smtp.py.
    struct Event: Decodable, Sendable {
        struct Content: Decodable, Sendable {
            let type: String
            let charset: String?
            let text: String?
            let parts: [Content]?
        }
        let event: String
        let connection: Int
        let line: String?
        let tls: Bool?
        let user: String?
        let stuffed: Int?
        let envelopeFrom: String?
        let headers: [[String]]?
        let defects: [String]?
        let content: Content?
        let longest: Int?
        let bare: Int?
        let ascii: Bool?
        let raw: String?
        let from: [[String]]?
        let to: [[String]]?
        let recipients: [String]?

        enum CodingKeys: String, CodingKey {
            case event, connection, line, tls, user, stuffed, headers, defects, content, longest, bare, ascii, raw, from, to, recipients
            case envelopeFrom = "envelope_from"
        }

        /// The decoded value of a header.
        func header(_ name: String) -> String? { headers?.first { $0[0] == name }?[1] }
    }

    private let peer: Peer

    init(_ settings: Settings = Settings()) async throws {
        var settings = settings
        if settings.starttls || settings.implicit {
            settings.cert = Certificates.shared?.certificate
            settings.key = Certificates.shared?.key
        }
        peer = try await Peer("smtp.py", [String(decoding: JSONEncoder().encode(settings), as: UTF8.self)])
    }

    func server(tls: SMTPTLS = .whenOffered, user: String? = nil, password: String? = nil) -> SMTPServer {
        SMTPServer(
            host: "127.0.0.1", port: peer.port, user: user, password: password, tls: tls, clientName: "box.test",
            caFile: Certificates.shared?.authority)
    }

    var events: [Event] { peer.lines.compactMap { try? JSONDecoder().decode(Event.self, from: Data($0.utf8)) } }
    var mails: [Event] { events.filter { $0.event == "mail" } }

    /// The first mail, once it has been heard of: what the server writes down arrives here after its answer arrives there.
    func mail() async throws -> Event {
        _ = await eventually { !mails.isEmpty }
        return try #require(mails.first)
    }

    /// Waits until as many connections have ended as have begun, and some have.
    func ended() async {
        _ = await eventually { connections > 0 && events.count { $0.event == "close" } == connections }
    }

    var commands: [String] { events.compactMap(\.line) }
    var connections: Int { events.count { $0.event == "connect" } }
}
