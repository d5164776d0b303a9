/// A row that has, beside columns of its own, those of the letter about its booking.
struct WithMailContext<Row: Decodable & Sendable>: Decodable, Sendable {
    let row: Row
    let mailContext: BookingMailContext

    init(from decoder: any Decoder) throws {
        row = try Row(from: decoder)
        mailContext = try BookingMailContext(from: decoder)
    }
}
