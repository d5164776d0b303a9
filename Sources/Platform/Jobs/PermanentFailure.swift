/// An error that trying again cannot mend: the message is parked at once.
public protocol PermanentFailure: Error {}
