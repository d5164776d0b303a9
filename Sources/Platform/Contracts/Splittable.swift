/// A message about several things that can also be published for each of them: when processing the whole message fails,
/// its parts are processed (the pattern Splitter of Hohpe and Woolf, Enterprise Integration Patterns).
public protocol Splittable: Message {
    /// A message for each thing.
    var parts: [Self] { get }
}
