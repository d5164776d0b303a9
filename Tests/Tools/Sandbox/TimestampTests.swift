import Testing

@testable import Sandbox

@Suite("Timestamps are RFC 3339 in UTC")
struct TimestampTests {
    @Test(
        "Dates come out of microseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (1_767_225_599_999_999, "2025-12-31T23:59:59.999Z"),
            (-1_000, "1969-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func text(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).text() == text)
    }
}
