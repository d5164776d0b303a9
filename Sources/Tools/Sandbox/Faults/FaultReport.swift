/// A fault as `/_sandbox/faults` tells it.
struct FaultReport: Encodable {
    let id: Int
    let fault: FaultRequest
    /// Requests that matched, struck or not.
    let matched: Int
    /// Requests it struck.
    let applied: Int
}
