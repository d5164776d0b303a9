import Testing

@testable import Sandbox

@Suite("A ring keeps the last elements")
struct RingTests {
    @Test("Beyond its capacity the oldest goes, and numbers go on")
    func oldestGoes() {
        var ring = Ring<String>(capacity: 3)
        for letter in ["a", "b", "c", "d", "e"] { ring.append(letter) }
        #expect(ring.elements().map(\.element) == ["c", "d", "e"])
        #expect(ring.elements().map(\.number) == [3, 4, 5])
        #expect(ring.oldest == "c")
        #expect(ring.elements(since: 3, limit: 1).map(\.element) == ["d"])
        #expect(ring.elements(since: 5).isEmpty)
    }

    @Test("A removed or dropped element is not changed in place of another")
    func lateChange() {
        var ring = Ring<String>(capacity: 2)
        let gone = ring.append("a")
        ring.removeAll()
        let kept = ring.append("b")
        ring.update(gone) { $0 = "wrong" }
        #expect(ring.elements().map(\.element) == ["b"])
        ring.update(kept) { $0 = "changed" }
        ring.append("c")
        ring.append("d")
        #expect(ring.elements().map(\.element) == ["c", "d"])
        #expect(kept == gone + 1)
    }
}
