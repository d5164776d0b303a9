import FoundationEssentials

@testable import Sandbox

/// An HTTP answer taken apart.
struct Reply: Sendable {
    let status: Int
    /// By name in lower case.
    let headers: [String: String]
    /// As much of the body as came.
    let body: String
    /// Whether as much came as the headers announced.
    let isWhole: Bool

    /// Nil when the headers are not complete.
    init?(_ text: String) {
        guard let end = text.utf8.firstRange(of: "\r\n\r\n".utf8) else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        guard let code = lines.first?.split(separator: " ").dropFirst().first, let status = Int(code) else { return nil }
        self.status = status
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            if pair.count == 2 { headers[pair[0].lowercased()] = String(pair[1].drop { $0 == " " }) }
        }
        self.headers = headers
        body = String(text[end.upperBound...])
        isWhole = headers["content-length"].flatMap { Int($0) } == body.utf8.count
    }

    func json() throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(body.utf8))
    }
}
