import Testing

@testable import Cron

@Test("A field fires at the values whose bits are set, and at no other")
func fieldContains() {
    let field = CronField(bits: 0b1010)
    #expect(field.contains(1) && field.contains(3))
    #expect(!field.contains(0) && !field.contains(2) && !field.contains(64) && !field.contains(-1))
}
