/// A row with columns of its own and those of the ``BookingMailContext`` of its booking.
struct WithMailContext<Row: Decodable & Sendable>: Decodable, Sendable {
    let row: Row
    let mailContext: BookingMailContext

    init(from decoder: any Decoder) throws {
        row = try Row(from: decoder)
        mailContext = try BookingMailContext(from: decoder)
    }
}
