/// A message is about a row that does not exist yet because the message was faster: a web hook can overtake the commit
/// of the shop.
///
/// The message goes through the delay queues and is parked after the last attempt.
public struct NotThereYet: Error, CustomStringConvertible {
    /// What is not there.
    public let description: String

    /// An error with these words.
    public init(_ description: String) { self.description = description }
}
