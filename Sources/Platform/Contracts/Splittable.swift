/// A message about several things that can be told of each by itself: when the whole cannot be worked, its parts are (the pattern Splitter of
/// Hohpe and Woolf, Enterprise Integration Patterns).
public protocol Splittable: Message {
    /// The same, a message for each thing.
    var parts: [Self] { get }
}
