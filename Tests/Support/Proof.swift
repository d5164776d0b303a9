import FoundationEssentials
import Platform

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
    public static func random(_ name: String) -> SplitMix64 {
        SplitMix64(seed: name.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
    }

    /// Reports a figure of a proof on a line of its own, for docs/proofs.md.
    public static func report(_ name: String, _ figures: String) { print("PROOF \(name): \(figures)") }
}
