import Contracts
import FoundationEssentials

/// The cached form of a pass: `{pass_uuid, status, timestamp, free_ticket_status, payload, payload_hash}`.
enum CacheEntry {
    /// The entries of a list as one JSON array.
    static func array(_ passes: [Pass], at now: Date, freeTicketProducts: Set<String>) -> String {
        let timestamp = RFC3339.string(from: now)
        var json: [UInt8] = []
        json.reserveCapacity(passes.reduce(2) { $0 + $1.payload.count + 200 })
        json.append(UInt8(ascii: "["))
        for (index, pass) in passes.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            json += "{\"pass_uuid\":".utf8
            JSONText.quote(pass.uuid, into: &json)
            json += ",\"status\":".utf8
            if let status = pass.status { JSONText.quote(status, into: &json) } else { json += "null".utf8 }
            json += ",\"timestamp\":\"\(timestamp)\",\"free_ticket_status\":".utf8
            json += (pass.productUuid.map(freeTicketProducts.contains) == true ? "true" : "false").utf8
            json += ",\"payload\":".utf8
            json += pass.payload
            json += ",\"payload_hash\":\"\(pass.payloadHash)\"}".utf8
        }
        json.append(UInt8(ascii: "]"))
        return String(decoding: json, as: UTF8.self)
    }
}
