/// An error about a row that does not exist, and that the message may have overtaken: a web hook is faster than the commit of the shop.
///
/// The message goes through the delay queues and is parked after the last attempt.
public protocol NotThereYet: Error {}
