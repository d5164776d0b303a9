import FoundationEssentials

/// An event of the demo.
struct DemoEvent: Sendable {
    /// Also its id.
    let number: Int
    let organizer: Int
    let title: String
    let category: String
    let location: String
    var zone: String
    let scenario: EventScenario
    let startsAt: Date
    /// Nil for some events: the end is not fixed.
    let endsAt: Date?
    /// Minor units.
    let price: Int
    let currency: String
    /// When ticket sales started.
    let createdAt: Date
    /// The percentage of sold tickets.
    let filled: Int

    static let perOrganizer = 10

    /// The event of this number.
    init(_ number: Int, of company: DemoCompany) {
        var random = SeededGenerator(seed: company.seed, number: number &+ 1 << 41)
        let place = (number - 1) % DemoCity.all.count
        let city = DemoCity.all[place]
        let show = Self.shows[Int.random(in: 0..<Self.shows.count, using: &random)]
        let hour = Int.random(in: 36...42, using: &random)
        scenario = EventScenario.cycle[(number - 1) % EventScenario.cycle.count]
        startsAt = scenario.start(now: company.now, evening: { company.instant(place: place, days: $0, minutes: hour * 30) }, &random)
        let lasts = (scenario == .live ? 6 : Double(Int.random(in: 4...7, using: &random)) / 2) * .hour
        endsAt = random.chance(60) ? startsAt + lasts : nil
        // Some prices are odd, because half of an odd amount must be rounded.
        price = city.unit * Int.random(in: 1...9, using: &random) - (random.chance(50) ? 1 : 0)
        createdAt = min(startsAt, company.now) - Double(Int.random(in: 45...100, using: &random)) * .day
        filled = random.chance(10) ? 100 : Int.random(in: 15...99, using: &random)
        self.number = number
        organizer = (number - 1) / Self.perOrganizer + 1
        title = show.title
        category = show.category
        location = "\(show.venue), \(city.name)"
        zone = city.zone
        currency = city.currency
    }

    /// When it was cancelled.
    var cancelledAt: Date? { scenario == .eventCancelled ? createdAt + 43 * .day : nil }
    /// When its status became `completed`.
    var completedAt: Date? { scenario.phase == .over ? endsAt ?? startsAt + 4 * .hour : nil }
    /// When it was archived.
    var archivedAt: Date? { scenario == .archived ? completedAt.map { $0 + 7.5 * .day } : nil }

    /// The total number of tickets when this many are sold.
    func seats(sold: Int) -> Int { filled == 100 ? sold : max(sold, sold * 100 / filled / 10 * 10 + 10) }

    private struct Show: Sendable {
        let title: String
        let category: String
        let venue: String
    }

    private static let shows = [
        Show(title: "Night of the Brass Bands", category: "music", venue: "Harbour Hall"),
        Show(title: "The Cherry Orchard", category: "theatre", venue: "Old Playhouse"),
        Show(title: "Strings & Stars", category: "music", venue: "Observatory"),
        Show(title: "Derby of the Year", category: "sports", venue: "Arena"),
        Show(title: "Flamenco de medianoche", category: "dance", venue: "Teatro Real"),
        Show(title: "Schattenspiele", category: "theatre", venue: "Kleine Bühne"),
        Show(title: "Code & Coffee Conference", category: "conference", venue: "Congress Centre"),
        Show(title: "Laughing Matters", category: "comedy", venue: "Cellar Club"),
        Show(title: "Requiem", category: "music", venue: "Cathedral"),
        Show(title: "Street Food Weekend", category: "food", venue: "Market Square"),
        Show(title: "Marathon Party", category: "sports", venue: "City Park"),
        Show(title: "Film Concert: \"Metropolis\"", category: "film", venue: "Grand Cinema"),
    ]
}
