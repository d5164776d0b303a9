import NIOCore

/// The requested page of a token's passes.
struct PassPage: Sendable {
    /// Only passes in this state; nil for all that are not EXPIRED on `/passes`, for all on `/v4.0/passes`.
    var status: String?
    var includesExpired: Bool
    /// The number of passes on a page.
    var limit: Int
    /// The page number, from 1.
    var page: Int

    /// Reads `status`, `limit` (default 9999) and `page` (default 1); nil when a number is not one or not at least 1.
    init?(_ query: [Substring: Substring], includesExpired: Bool) {
        guard let limit = Int(query["limit"] ?? "9999"), let page = Int(query["page"] ?? "1"), limit >= 1, page >= 1, page < 1 << 32, limit < 1 << 30
        else { return nil }
        self.limit = limit
        self.page = page
        self.includesExpired = includesExpired
        status = query["status"].map { $0.uppercased() }
    }

    func takes(status candidate: String) -> Bool {
        if let status { return candidate.uppercased() == status }
        return includesExpired || candidate.uppercased() != PassStatus.expired.rawValue
    }

    /// The JSON array of the passes of this page.
    func render(count: Int, status: (Int) -> String, write: (Int, inout ByteBuffer) -> Void) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(min(count, limit) * 320 + 2)
        buffer.writeInteger(UInt8(ascii: "["))
        var toSkip = (page - 1) * limit
        var toWrite = limit
        var isFirst = true
        for index in 0..<count where takes(status: status(index)) {
            if toSkip > 0 {
                toSkip -= 1
                continue
            }
            guard toWrite > 0 else { break }
            toWrite -= 1
            if !isFirst { buffer.writeInteger(UInt8(ascii: ",")) }
            isFirst = false
            write(index, &buffer)
        }
        buffer.writeInteger(UInt8(ascii: "]"))
        return buffer
    }
}
