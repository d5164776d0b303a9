import Contracts
import Digests
import FoundationEssentials

/// One pass as Bytemark tells it: a few members that we know, and all of it as canonical JSON.
struct Pass: Sendable {
    let uuid: String
    let status: String?
    let productUuid: String?
    /// When it was created, in seconds since 1970; nil when Bytemark does not say it in a way that we know.
    let createdAt: Double?
    /// What Bytemark says instead.
    let createdText: String
    /// Canonical JSON (RFC 8785): the same pass gives the same bytes, in whatever order Bytemark writes its members.
    let payload: [UInt8]
    /// MD5 of the payload, 32 hexadecimal digits. It tells changes, it protects nothing.
    let payloadHash: String

    /// Reads Bytemark's answer; nil when it is no array of objects with a uuid each.
    static func list(_ body: [UInt8]) -> [Pass]? {
        guard let elements = CanonicalJSON.elements(of: body) else { return nil }
        var passes: [Pass] = []
        passes.reserveCapacity(elements.count)
        for element in elements {
            guard let pass = Pass(element) else { return nil }
            passes.append(pass)
        }
        return passes
    }

    private init?(_ canonical: [UInt8]) {
        guard let members = JSONObjectScanner(canonical), let uuid = members.string("uuid"), !uuid.isEmpty else { return nil }
        self.uuid = uuid
        status = members.string("status")
        productUuid = members.string("product_uuid")
        let created = members.string("time_created") ?? members.value("time_created").map { String(decoding: $0, as: UTF8.self) } ?? ""
        createdAt = Self.instant(created)
        createdText = createdAt == nil ? created : ""
        payload = canonical
        payloadHash = Digest.md5.hexadecimal(payload)
    }

    /// Bytemark writes instants as RFC 3339 or as seconds; one without an offset is taken to be UTC.
    private static func instant(_ text: String) -> Double? {
        if let date = RFC3339.date(from: text) ?? RFC3339.date(from: text + "Z") { return date.timeIntervalSince1970 }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    /// In the order of their creation, those of one instant by their uuids. Behind them those whose creation is no instant, by its text.
    static func wereCreatedInOrder(_ a: Pass, _ b: Pass) -> Bool {
        switch (a.createdAt, b.createdAt) {
        case (let x?, let y?) where x != y: return x < y
        case (nil, _?): return false
        case (_?, nil): return true
        default: break
        }
        return a.createdText == b.createdText ? a.uuid < b.uuid : a.createdText < b.createdText
    }

    /// MD5 over the hashes of all passes of both lists: two fetches with the same digest have nothing to rewrite.
    static func digest(_ usable: [Pass], _ expired: [Pass], freeTicketProducts: Set<String>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((usable.count + expired.count) * 32 + 1)
        for pass in usable { text += pass.payloadHash.utf8 }
        text.append(UInt8(ascii: "|"))
        for pass in expired { text += pass.payloadHash.utf8 }
        // The configured products decide what an entry says, too.
        for product in freeTicketProducts.sorted() { text += "|\(product)".utf8 }
        return Digest.md5.hexadecimal(text)
    }
}
