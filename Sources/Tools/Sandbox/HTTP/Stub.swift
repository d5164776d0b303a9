/// A stub of one external HTTP service.
protocol Stub: Sendable {
    var part: StubID { get }
    /// Whether received requests are kept with headers and body.
    var keepsBodies: Bool { get }
    /// The values that faults are matched against.
    func subject(of request: OutsideRequest) -> FaultSubject
    /// Processes the request completely and returns the answer.
    func answer(_ request: OutsideRequest) throws -> Answer
    /// Removes all data.
    func reset()
}
