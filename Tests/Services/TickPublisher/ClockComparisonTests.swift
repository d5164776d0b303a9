import Foundation
import Testing

@testable import TickPublisher

@Suite("Clocks are compared")
struct ClockComparisonTests {
    @Test(
        "What the way to the database takes is no difference",
        arguments: [
            (0.0, 0.1, 0.2, 0.0, true), (0, -1, 0.2, 1, true), (0, -3, 0.2, 3, false), (0, 3, 0.2, -2.8, false), (0, 2.1, 0.2, -1.9, true),
            // An answer that took ten seconds says little.
            (0, 5, 10, 0, true), (0, -1, 10, 1, true),
            // The clock was set back by an hour while it was compared.
            (3_600, 0, 0.1, 0.1, true),
        ])
    func difference(before: Double, database: Double, after: Double, ahead: Double, agrees: Bool) {
        let noon = Date(timeIntervalSince1970: 1_780_315_200)
        let comparison = ClockComparison(before: noon + before, database: noon + database, after: noon + after)
        #expect(abs(comparison.ahead - ahead) < 0.001 && comparison.agrees == agrees)
        #expect(comparison.now == noon + after)
    }
}
