import Testing

@testable import Platform

@Suite("Text that can be stored")
struct StorableTextTests {
    @Test("A zero byte becomes visible, a long text is cut within its length, anything else stays")
    func storable() {
        #expect("550 no such\0user".storable() == "550 no such␀user")
        #expect("zażółć\u{1}\n".storable() == "zażółć\u{1}\n")
        #expect(String(repeating: "ż", count: 2001).storable() == String(repeating: "ż", count: 1999) + "…")
        #expect(String(repeating: "ż", count: 2000).storable().unicodeScalars.count == 2000)
        #expect("abc".storable(atMost: 2) == "a…")
    }
}

@Suite("Division")
struct DivisionTests {
    private struct Bad: PermanentFailure {}
    private struct Passing: Error {}

    @Test("Bad elements fail alone, the others are processed in their order, in a few steps")
    func divides() async throws {
        var done: [Int] = []
        var failed: [Int] = []
        var steps = 0
        try await Division.process(Array(1...4000)[...]) { some in
            steps += 1
            if some.contains(17) || some.contains(3999) { throw Bad() }
            done += some
        } failed: { element, _ in
            failed.append(element)
        }
        #expect(failed == [17, 3999])
        #expect(done == (1...4000).filter { ![17, 3999].contains($0) })
        #expect(steps < 50)
    }

    @Test("A failure that may pass divides nothing")
    func passing() async {
        await #expect(throws: Passing.self) {
            try await Division.process([1, 2][...]) { _ in
                throw Passing()
            } failed: { _, _ in
            }
        }
    }
}
