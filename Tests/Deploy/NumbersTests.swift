import Contracts
import FoundationEssentials
import Platform
import Testing

@testable import Bookings
@testable import Events
@testable import LoyaltyNotifier
@testable import Payments
@testable import TicketsCache

@Suite("Numbers in README and docs are those of the code")
struct NumbersTests {
    private static func minutes(_ seconds: TimeInterval) -> Int { Int(seconds / 60) }
    private static func hours(_ seconds: TimeInterval) -> Int { Int(seconds / 3600) }
    private static func days(_ seconds: TimeInterval) -> Int { Int(seconds / 86_400) }

    /// A pause as pages write it: 5 s, 3 min.
    private static func words(_ pause: Duration) -> String {
        let seconds = pause.components.seconds
        return seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min"
    }

    private static let sentences: [(file: String, text: String)] = [
        ("README.md", "older than \(minutes(RefreshStale.age)) minutes"),
        ("README.md", "every \(RewardPolicy.interval)th earns \(RewardPolicy.freeTickets) free tickets"),
        ("README.md", "payments that were begun \(minutes(CleanupAbandoned.grace)) minutes ago and never submitted"),
        ("README.md", "payments that were submitted \(minutes(GatewayPollingPolicy.pollAfter)) minutes ago"),
        ("README.md", "or does not know, after \(minutes(GatewayPollingPolicy.givesUpAfter)) count as failed"),
        ("README.md", "failed or were abandoned more than \(days(CleanupOldFailed.age)) days ago"),
        ("README.md", "not paid within \(minutes(CancelExpired.grace)) minutes"),
        ("README.md", "requested \(hours(RefundPolicy.fullRefundNotice)) hours or more before the start"),
        ("README.md", "cancelled more than \(days(CleanupOldCancelled.retention)) days ago"),
        ("README.md", "at their end or after \(hours(UpdateStatuses.usualDuration)) hours"),
        ("README.md", "archives events \(days(ArchivePast.stay)) days after they ended"),
        ("README.md", "`booking.cancelled`, of up to \(BookingCancelled.most) bookings"),
        ("docs/payments.md", "after \(minutes(GatewayPollingPolicy.givesUpAfter)) minutes `failed`"),
        ("docs/payments.md", "after \(hours(GatewayPollingPolicy.needsPersonAfter)) hours it waits for an operator"),
    ]

    @Test("What a page says of a time, an age or a number is what the code does", arguments: sentences.indices)
    func sentence(index: Int) throws {
        let (file, text) = Self.sentences[index]
        let page = try Repository.text(file).replacing(/\s+/, with: " ")
        #expect(page.contains(text), "\(file) does not say: \(text)")
    }

    @Test("The delays of retries are the same on every page and in the descriptions of Contracts/asyncapi.yaml")
    func delays() throws {
        let delays = ServiceTopology.delays
        let list = delays.map(Self.words).joined(separator: ", ")
        for file in ["README.md", "docs/once.md"] { #expect(try Repository.text(file).contains("(\(list)"), "\(file): \(list)") }
        let ends = "\(Self.words(delays[0])) to \(Self.words(delays[delays.count - 1]))"
        #expect(try Repository.text("docs/glossary.md").contains("where a failed message waits for its next attempt, \(ends)"))
        let document = try Repository.text("Contracts/asyncapi.yaml")
        let described = document.matches(of: /address: [a-z.-]+\.retry\.(\d+)s\n\s+description: Waits (\d+) s for attempt (\d+)\./)
        #expect(described.count == document.matches(of: /address: [a-z.-]+\.retry\.\d+s\n/).count)
        #expect(!described.isEmpty)
        for delay in described {
            let attempt = delays.firstIndex { "\($0.components.seconds)" == delay.1 }.map { $0 + 2 }
            #expect(delay.1 == delay.2 && attempt.map(String.init) == String(delay.3), "\(delay.0)")
        }
    }
}
