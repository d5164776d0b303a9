import Platform

/// Somebody spoke of an event that is not there.
struct UnknownEvent: PermanentFailure, CustomStringConvertible {
    let id: Int

    var description: String { "event \(id) does not exist" }
}
