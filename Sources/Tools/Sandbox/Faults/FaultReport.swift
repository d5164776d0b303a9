/// A fault as `/_sandbox/faults` reports it.
struct FaultReport: Encodable {
    let id: Int
    let fault: FaultRequest
    /// The number of requests that matched, whether the fault was applied or not.
    let matched: Int
    /// The number of requests to which the fault was applied.
    let applied: Int
}
