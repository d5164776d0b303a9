import FoundationEssentials
import Testing

@testable import Platform

@Suite("A channel pauses when it is refused itself")
struct CircuitBreakerTests {
    private static let start = Date(timeIntervalSince1970: 1_790_000_000)

    private static func refused(_ recipient: Int, _ cause: String = "535 5.7.8") -> CircuitBreaker.Answer {
        .refusesChannel(cause: cause, recipient: "user-\(recipient)@example.org")
    }

    @Test(
        "It opens after the same refusal to five recipients in a row, and at nothing less",
        arguments: [
            ((1...5).map { refused($0) }, true),
            ((1...4).map { refused($0) }, false),
            ([1, 1, 1, 1, 1, 1, 1].map { refused($0) }, false),
            ((1...8).map { refused($0, "55\($0 % 2) 5.7.1") }, false),
            ([1, 2, 3, 4].map { refused($0) } + [.aboutDelivery] + [5, 6, 7, 8].map { refused($0) }, false),
            ([1, 2, 3, 4].map { refused($0) } + [.none, .none] + [refused(5)], true),
            ([refused(9, "550 5.4.5")] + (1...5).map { refused($0) }, true),
            ([.none, .none, .none, .none, .none, .none], false),
        ] as [([CircuitBreaker.Answer], Bool)])
    func opens(answers: [CircuitBreaker.Answer], isOpen: Bool) {
        var breaker = CircuitBreaker()
        let changes = answers.compactMap { breaker.note($0, at: Self.start) }
        #expect(breaker.isOpen == isOpen)
        #expect(changes == (isOpen ? [.opened(until: Self.start + 60)] : []))
        #expect(breaker.allowedConcurrency(of: 4, at: Self.start) == (isOpen ? 0 : 4))
    }

    @Test("Open, it lets nothing through; then one delivery at a time; it says once that it opened and once that it closed")
    func halfOpen() {
        var breaker = CircuitBreaker()
        for recipient in 1...5 { _ = breaker.note(Self.refused(recipient), at: Self.start) }
        // What was on its way when it opened.
        #expect(breaker.note(Self.refused(6), at: Self.start + 1) == nil)
        #expect(breaker.allowedConcurrency(of: 4, at: Self.start + 59) == 0)
        #expect(breaker.allowedConcurrency(of: 4, at: Self.start + 60) == 1)
        #expect(breaker.note(.none, at: Self.start + 60) == nil)
        #expect(breaker.allowedConcurrency(of: 4, at: Self.start + 60) == 1)
        #expect(breaker.note(Self.refused(7), at: Self.start + 60) == nil)
        #expect(breaker.allowedConcurrency(of: 4, at: Self.start + 179) == 0)
        #expect(breaker.allowedConcurrency(of: 4, at: Self.start + 180) == 1)
        #expect(breaker.note(.aboutDelivery, at: Self.start + 181) == .closed)
        #expect(breaker.allowedConcurrency(of: 4, at: Self.start + 181) == 4)
    }

    @Test("Its pauses double up to a quarter of an hour")
    func pauses() {
        var breaker = CircuitBreaker()
        for recipient in 1...5 { _ = breaker.note(Self.refused(recipient), at: Self.start) }
        var now = Self.start
        for pause in [60.0, 120, 240, 480, 900, 900] {
            #expect(breaker.allowedConcurrency(of: 4, at: now + pause - 1) == 0)
            now = now + pause
            #expect(breaker.allowedConcurrency(of: 4, at: now) == 1)
            _ = breaker.note(Self.refused(1), at: now)
        }
    }
}
