import Platform

/// A message is about an event that does not exist, or does not yet: it may have overtaken the shop's commit.
struct EventNotFound: NotThereYet, CustomStringConvertible {
    let id: Int

    var description: String { "event \(id) does not exist" }
}
