import Testing

/// The real executables as processes of their own, one fault after the other.
@Suite("Faults", .serialized, .privateServers)
struct FaultTests {}
