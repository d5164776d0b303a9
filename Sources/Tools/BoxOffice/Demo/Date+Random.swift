import FoundationEssentials

extension Date {
    /// A random time in the range.
    static func random(in range: ClosedRange<Date>, using random: inout SeededGenerator) -> Date {
        let seconds = range.lowerBound.timeIntervalSince1970...range.upperBound.timeIntervalSince1970
        return Date(timeIntervalSince1970: Double.random(in: seconds, using: &random))
    }
}
