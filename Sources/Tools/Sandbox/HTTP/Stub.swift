/// A stand-in for one outside service that speaks HTTP.
protocol Stub: Sendable {
    var part: StubID { get }
    /// Whether received requests are kept with headers and body.
    var keepsBodies: Bool { get }
    /// What faults are matched against.
    func subject(of request: OutsideRequest) -> FaultSubject
    /// Does what is asked, whole, and says what to answer.
    func answer(_ request: OutsideRequest) throws -> Answer
    /// Forgets everything.
    func reset()
}
