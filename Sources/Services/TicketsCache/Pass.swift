import Contracts
import Crypto
import FoundationEssentials

/// One pass as Bytemark tells it: a few members that we know, and all of it as canonical JSON.
struct Pass: Sendable {
    let uuid: String
    let status: String?
    let productUuid: String?
    let timeCreated: String
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
        guard let members = JSONSpans(canonical), let uuid = members.string("uuid"), !uuid.isEmpty else { return nil }
        self.uuid = uuid
        status = members.string("status")
        productUuid = members.string("product_uuid")
        timeCreated = members.string("time_created") ?? members.value("time_created").map { String(decoding: $0, as: UTF8.self) } ?? ""
        payload = canonical
        payloadHash = Self.hex(Insecure.MD5.hash(data: payload))
    }

    /// In the order of their creation; Bytemark writes instants as text or as seconds. Two of one instant are ordered by their uuids.
    static func wereCreatedInOrder(_ a: Pass, _ b: Pass) -> Bool {
        if a.timeCreated == b.timeCreated { return a.uuid < b.uuid }
        if let x = Double(a.timeCreated), let y = Double(b.timeCreated) { return x < y }
        return a.timeCreated < b.timeCreated
    }

    /// MD5 over the hashes of all passes of both lists: two fetches with the same digest have nothing to rewrite.
    static func digest(_ usable: [Pass], _ expired: [Pass], freeTicketProducts: Set<String>) -> String {
        var md5 = Insecure.MD5()
        for pass in usable { md5.update(data: Array(pass.payloadHash.utf8)) }
        md5.update(data: [UInt8(ascii: "|")])
        for pass in expired { md5.update(data: Array(pass.payloadHash.utf8)) }
        // The configured products decide what an entry says, too.
        for product in freeTicketProducts.sorted() { md5.update(data: Array("|\(product)".utf8)) }
        return hex(md5.finalize())
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(32)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
