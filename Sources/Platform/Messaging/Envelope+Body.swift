import AMQP

extension Envelope {
    /// The body without a byte order mark (RFC 8259, section 8.1: a parser may ignore it).
    static func body(of delivery: AMQPDelivery) -> ArraySlice<UInt8> {
        let body = delivery.body[...]
        return body.starts(with: [0xEF, 0xBB, 0xBF]) ? body.dropFirst(3) : body
    }

    /// The prefix of the headers of a CloudEvent in binary mode (CloudEvents AMQP binding 1.0, section 3.1.3); nil in
    /// any other mode.
    static func binaryModePrefix(_ delivery: AMQPDelivery) -> String? {
        let headers = delivery.headers
        return ["cloudEvents:", "cloudEvents_"].first { headers["\($0)specversion"] != nil }
    }

    /// Why a body is not a JSON object, as far as the message shows the reason.
    static func whyUnreadable(_ delivery: AMQPDelivery) -> String {
        let reason = "the body is not a JSON object"
        if let encoding = delivery.properties.contentEncoding, !["", "identity", "utf-8"].contains(encoding.lowercased()) {
            return "\(reason) but encoded: content_encoding is \(encoding), and only plain UTF-8 can be read"
        }
        if delivery.body.starts(with: [0xFE, 0xFF]) || delivery.body.starts(with: [0xFF, 0xFE]) {
            return "\(reason) in UTF-8: it begins with the byte order mark of UTF-16"
        }
        return reason
    }
}
