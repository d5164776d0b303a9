/// A row that has, beside columns of its own, those of the letter about its booking.
struct WithLetter<Row: Decodable & Sendable>: Decodable, Sendable {
    let row: Row
    let letter: Letter

    init(from decoder: any Decoder) throws {
        row = try Row(from: decoder)
        letter = try Letter(from: decoder)
    }
}
