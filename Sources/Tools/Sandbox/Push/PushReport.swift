/// A delivered push as `/_sandbox/pushes` reports it: its number and the members of its request.
struct PushReport: Encodable {
    let number: Int
    let delivered: PushStub.Delivered

    private enum CodingKeys: CodingKey {
        case id, at, idempotencyKey
    }

    func encode(to encoder: any Encoder) throws {
        try delivered.request.encode(to: encoder)
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(number, forKey: .id)
        try members.encode(delivered.at, forKey: .at)
        try members.encodeIfPresent(delivered.idempotencyKey, forKey: .idempotencyKey)
    }
}
