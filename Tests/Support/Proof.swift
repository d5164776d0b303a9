import FoundationEssentials

/// How much of a long proof runs: a small part of it in `make test`, all of it in `make prove`.
///
/// A proof is a suite whose name ends with `Proof`; `make prove` runs these and nothing else.
public enum Proof {
    /// Whether all of it runs.
    public static let isWhole = ProcessInfo.processInfo.environment["PROVE"] == "1"

    /// What chance begins with: `PROVE_SEED`, or a new one. It is printed once, so that what failed can be repeated.
    public static let seed: UInt64 = {
        let seed = ProcessInfo.processInfo.environment["PROVE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...999_999)
        print("Proofs: PROVE_SEED=\(seed)")
        return seed
    }()

    /// The size of a proof.
    public static func size(_ part: Int, whole: Int) -> Int { isWhole ? whole : part }

    /// Random numbers of a proof, the same ones for the same seed and name.
    public static func random(_ name: String) -> SeededRandom {
        SeededRandom(seed: name.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
    }

    /// Reports a figure of a proof on a line of its own, for docs/proofs.md.
    public static func report(_ name: String, _ figures: String) { print("PROOF \(name): \(figures)") }
}

/// Random numbers from a seed: SplitMix64 (Steele, Lea, Flood, 2014).
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Numbers that depend on the seed alone.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
