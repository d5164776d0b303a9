import FoundationEssentials
import Platform

/// Pseudo-random numbers of the demo, the same for the same seed and number.
struct SeededGenerator: RandomNumberGenerator {
    private var numbers: SplitMix64

    /// A sequence of its own for each seed and number.
    init(seed: Int, number: Int) {
        var seeds = SplitMix64(seed: UInt64(bitPattern: Int64(seed)) &* SplitMix64.increment)
        numbers = SplitMix64(seed: seeds.next() ^ UInt64(bitPattern: Int64(number)) &* 0xD1B5_4A32_D192_ED03)
        _ = next()
    }

    mutating func next() -> UInt64 { numbers.next() }

    /// True with this probability in percent.
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    /// A time in the range.
    mutating func date(in range: ClosedRange<Date>) -> Date {
        range.lowerBound + TimeInterval.random(in: 0...range.upperBound.timeIntervalSince(range.lowerBound), using: &self)
    }
}
