import Testing

@testable import Sandbox

@Suite("A ring keeps the last elements")
struct RingTests {
    @Test("Beyond its capacity the oldest goes, and numbers go on")
    func oldestGoes() {
        var buffer = RingBuffer<String>(capacity: 3)
        for letter in ["a", "b", "c", "d", "e"] { buffer.append(letter) }
        #expect(buffer.elements().map(\.element) == ["c", "d", "e"])
        #expect(buffer.elements().map(\.number) == [3, 4, 5])
        #expect(buffer.oldest == "c")
        #expect(buffer.elements(since: 3, limit: 1).map(\.element) == ["d"])
        #expect(buffer.elements(since: 5).isEmpty)
    }

    @Test("A removed or dropped element is not changed in place of another")
    func lateChange() {
        var buffer = RingBuffer<String>(capacity: 2)
        let gone = buffer.append("a")
        buffer.removeAll()
        let kept = buffer.append("b")
        buffer.update(gone) { $0 = "wrong" }
        #expect(buffer.elements().map(\.element) == ["b"])
        buffer.update(kept) { $0 = "changed" }
        buffer.append("c")
        buffer.append("d")
        #expect(buffer.elements().map(\.element) == ["c", "d"])
        #expect(kept == gone + 1)
    }
}
