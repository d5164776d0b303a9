/// An error about a row that does not exist yet because the message was faster: a web hook can overtake the commit of
/// the shop.
///
/// The message goes through the delay queues and is parked after the last attempt.
public protocol NotThereYet: Error {}
