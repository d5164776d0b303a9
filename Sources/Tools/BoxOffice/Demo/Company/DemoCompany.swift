import Cron
import FoundationEssentials

/// The company of the demo: organizers, their events, and the history of every booking.
///
/// All of it is computed from seed and number; only times are relative to now. The events of a block of twenty have a
/// thousand bookings together, so the numbers of an event's bookings are known without counting those before it.
struct DemoCompany: Sendable {
    let seed: Int
    let now: Date
    /// The number of users who book: 1, 2, …
    let users: Int
    let bookings: Int
    private let zones: [CronZone]

    /// - Throws: `CronZoneError` when this machine has no time zone database.
    init(seed: Int, now: Date, users: Int, bookings: Int) throws(CronZoneError) {
        self.seed = seed
        self.now = now
        self.users = users
        self.bookings = bookings
        var zones: [CronZone] = []
        for city in DemoCity.all { zones.append(try CronZone(city.zone)) }
        self.zones = zones
    }

    private static let block = [50, 35, 70, 5, 40, 75, 10, 45, 80, 15, 50, 85, 20, 55, 90, 25, 60, 95, 30, 65]
    private static let blockSum = block.reduce(0, +)
    private static let perSeason = 200

    /// The number of events; the last one may lack bookings.
    var events: Int {
        var number = (bookings - 1) / Self.blockSum * Self.block.count + 1
        while firstBooking(of: number + 1) <= bookings { number += 1 }
        return number
    }

    /// The number of seasons.
    var seasons: Int { (events - 1) / Self.perSeason + 1 }

    /// The numbers of a season's events, the first season being 0.
    func events(of season: Int) -> ClosedRange<Int> { (season * Self.perSeason + 1)...min((season + 1) * Self.perSeason, events) }

    /// The numbers of the bookings of events.
    func bookings(of events: ClosedRange<Int>) -> ClosedRange<Int> {
        firstBooking(of: events.lowerBound)...min(firstBooking(of: events.upperBound + 1) - 1, bookings)
    }

    /// A season; the first is 0.
    func season(_ number: Int) -> DemoCalendar {
        let numbers = events(of: number)
        let events = numbers.map { DemoEvent($0, of: self) }
        let sales = events.flatMap { event in
            bookings(of: event.number...event.number).map { DemoSale($0, of: event, in: self) }
        }
        func organizer(_ event: Int) -> Int { (event - 1) / DemoEvent.perOrganizer + 1 }
        var season = DemoCalendar(organizers: organizer(numbers.lowerBound)..<(organizer(numbers.upperBound) + 1), events: events, sales: sales)
        if number == 0 { season.spoil() }
        return season
    }

    /// The time at which local clocks of a city show this time of day, a number of days from today.
    func instant(place: Int, days: Int, minutes: Int) -> Date {
        let zone = zones[place]
        let today = ((now.timeIntervalSince1970 + Double(zone.offset(at: now))) / .day).rounded(.down)
        let local = Date(timeIntervalSince1970: (today + Double(days)) * .day + Double(minutes) * .minute)
        return local - Double(zone.offset(at: local - Double(zone.offset(at: local))))
    }

    private func firstBooking(of event: Int) -> Int {
        let (blocks, place) = (event - 1).quotientAndRemainder(dividingBy: Self.block.count)
        return blocks * Self.blockSum + Self.block[..<place].reduce(0, +) + 1
    }
}
