/// A delivered push as `/_sandbox/pushes` reports it.
struct PushReport: Encodable {
    let id: Int
    let at: Timestamp
    let idempotencyKey: String?
    let userIds: [Int64]
    let notificationType: Int
    let title: String
    let body: String
    let metadata: [String: JSONValue]
    let language: String
    let silent: Bool

    init(number: Int, _ delivered: PushStub.Delivered) {
        id = number
        at = delivered.at
        idempotencyKey = delivered.idempotencyKey
        userIds = delivered.request.userIds
        notificationType = delivered.request.notificationType
        title = delivered.request.title
        body = delivered.request.body
        metadata = delivered.request.metadata
        language = delivered.request.language
        silent = delivered.request.silent
    }
}
