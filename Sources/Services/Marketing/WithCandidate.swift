/// A row with columns of its own and those of a ``Candidate``.
struct WithCandidate<Row: Decodable & Sendable>: Decodable, Sendable {
    let row: Row
    let candidate: Candidate

    init(from decoder: any Decoder) throws {
        row = try Row(from: decoder)
        candidate = try Candidate(from: decoder)
    }
}
