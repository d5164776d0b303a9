import Contracts
import Digests
import FoundationEssentials

/// A pass from Bytemark: the members that the cache uses, and the whole pass as canonical JSON.
struct Pass: Sendable {
    let uuid: String
    let status: String?
    let productUuid: String?
    /// The creation time in seconds since 1970; nil when Bytemark's text for it cannot be parsed.
    let createdAt: Double?
    /// Bytemark's text for the creation time.
    let createdText: String
    /// Canonical JSON (RFC 8785): the same pass has the same bytes, in whatever order Bytemark writes its members.
    let payload: [UInt8]
    /// MD5 of the payload, 32 hexadecimal digits. It detects changes and protects nothing.
    let payloadHash: String

    /// Parses Bytemark's response; nil when it is not an array of objects that each have a uuid.
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

    /// Bytemark writes timestamps as RFC 3339 or as seconds; one without an offset is taken as UTC.
    private static func instant(_ text: String) -> Double? {
        if let date = RFC3339.date(from: text) ?? RFC3339.date(from: text + "Z") { return date.timeIntervalSince1970 }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    /// The order by creation time, then by uuid. Passes whose creation time cannot be parsed come last, ordered by its
    /// text.
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
        // The configured products are part of an entry's content, too.
        for product in freeTicketProducts.sorted() { text += "|\(product)".utf8 }
        return Digest.md5.hexadecimal(text)
    }
}
