/// Pseudo-random numbers, the same for the same seed (SplitMix64; Steele, Lea, Flood 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64
    /// The golden ratio, by which the state grows with each number.
    public static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// Numbers that depend on the seed alone.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= Self.increment
        return Self.mix(state)
    }

    /// Numbers that differ by one bit become numbers that have nothing in common.
    public static func mix(_ number: UInt64) -> UInt64 {
        var mixed = (number ^ (number >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
