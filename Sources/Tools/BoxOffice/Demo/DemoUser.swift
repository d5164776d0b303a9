import Contracts
import FoundationEssentials
import Postgres

/// A user of the demo, computed from seed and number; only times are relative to now.
struct DemoUser: Sendable {
    /// Also the user's id, and the number of the token under which the sandbox has the passes.
    let number: Int
    /// The values of the row in `storefront.users`.
    let row: [any PostgresEncodable]
    /// Bytemark's token; nil for a few users.
    let token: String?
    /// Refreshes requested from the tickets cache: rows of `tickets.refresh_log`.
    let refreshes: [Refresh]
    /// How many rides the user has taken.
    let rides: Int

    /// A pending row of `tickets.refresh_log`.
    struct Refresh: Sendable {
        /// 1 now, 3 at `scheduledOn`.
        let activity: Int
        let scheduledOn: Date?
        let createdOn: Date
    }

    /// The user of this number.
    init(_ number: Int, seed: Int, now: Date) {
        var random = SeededGenerator(seed: seed, number: number)
        self.number = number
        row = Self.row(number, now, &random)
        token = random.chance(98) ? "token-\(number)" : nil
        refreshes = token == nil ? [] : Self.refreshes(now, &random)
        rides = Self.rides(&random)
    }

    private static func row(_ number: Int, _ now: Date, _ random: inout SeededGenerator) -> [any PostgresEncodable] {
        let people = Self.people(&random)
        func pick(_ texts: [String]) -> String { texts[Int.random(in: 0..<texts.count, using: &random)] }
        let (first, last, home) = (pick(people.firstNames), pick(people.lastNames), pick(people.zones))
        let zone = random.chance(2) ? pick(oddZones) : home
        // A few signed up with only a telephone number.
        let email = Int.random(in: 0..<250, using: &random) > 0 ? "user\(number)@demo.boxoffice.example" : nil
        let created = now - TimeInterval.random(in: 0...(3 * 365 * 86_400), using: &random)
        let login: Date? = random.chance(90) ? random.date(in: created...now) : nil
        let (year, month, day) = (
            1945 + Int.random(in: 0..<62, using: &random), 1 + Int.random(in: 0..<12, using: &random), 1 + Int.random(in: 0..<28, using: &random)
        )
        let born = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
        return [
            number, email, first, last, people.language, zone, random.chance(92),
            random.chance(85) ? born : nil as String?, random.chance(60), random.chance(50), created, login, login,
        ]
    }

    private static func refreshes(_ now: Date, _ random: inout SeededGenerator) -> [Refresh] {
        let created = now - TimeInterval.random(in: 0...3600, using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        // A purchase, and sometimes an activation right after it.
        case ..<20:
            let bought = Refresh(activity: 1, scheduledOn: nil, createdOn: created)
            return random.chance(15) ? [bought, bought] : [bought]
        case ..<28:
            return [Refresh(activity: 3, scheduledOn: now - TimeInterval.random(in: 60...86_400, using: &random), createdOn: created - 86_400)]
        case ..<36: return [Refresh(activity: 3, scheduledOn: now + TimeInterval.random(in: 3600...604_800, using: &random), createdOn: created)]
        default: return []
        }
    }

    /// One user in ten takes rides, and two in three of these have reached a reward.
    private static func rides(_ random: inout SeededGenerator) -> Int {
        guard random.chance(10) else { return 0 }
        return switch Int.random(in: 0..<100, using: &random) {
        case ..<60: Int.random(in: 50...56, using: &random)
        case ..<67: Int.random(in: 100...103, using: &random)
        default: Int.random(in: 1...49, using: &random)
        }
    }

    private struct People {
        let language: String
        let zones: [String]
        let firstNames: [String]
        let lastNames: [String]
    }

    private static func people(_ random: inout SeededGenerator) -> People {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<55: all[0]
        case ..<70: all[1]
        case ..<80: all[2]
        case ..<90: all[3]
        default: all[4]
        }
    }

    /// Zones with quarter-hour offsets, with half an hour of daylight saving time, and one that does not exist.
    private static let oddZones = ["Asia/Kathmandu", "Pacific/Chatham", "Australia/Lord_Howe", "Pacific/Kiritimati", "Mars/Base"]

    private static let all = [
        People(
            language: "en-us", zones: ["America/New_York", "America/Chicago", "America/Los_Angeles"],
            firstNames: ["Olivia", "Liam", "Emma", "Noah", "Ava", "Mason", "Grace", "Ethan"],
            lastNames: ["Smith", "Johnson", "O'Neill", "Brown", "Davis", "Nguyen", "Clark", "Walker"]),
        People(
            language: "es", zones: ["Europe/Madrid", "America/Bogota"],
            firstNames: ["Sofía", "Mateo", "Valentina", "Santiago", "Lucía", "Ángel", "Camila", "José"],
            lastNames: ["García", "Martínez", "López", "Hernández", "Núñez", "Peña", "Rodríguez", "Gómez"]),
        People(
            language: "es-mx", zones: ["America/Mexico_City", "America/Tijuana"],
            firstNames: ["Ximena", "Emiliano", "Guadalupe", "Diego", "Renata", "Ramón", "Itzel", "Joaquín"],
            lastNames: ["Flores", "Chávez", "Ortiz", "Juárez", "Zamora", "Ibáñez", "Salinas", "Treviño"]),
        People(
            language: "fr", zones: ["Europe/Paris", "America/Toronto"],
            firstNames: ["Léa", "Hugo", "Chloé", "Louis", "Zoé", "Théo", "Inès", "François"],
            lastNames: ["Martin", "Bernard", "Lefèvre", "Moreau", "Garnier", "Dubois", "Faure", "Gauthier"]),
        People(
            language: "de", zones: ["Europe/Berlin", "Europe/Vienna", "Europe/Zurich"],
            firstNames: ["Mia", "Jürgen", "Hannah", "Lukas", "Käthe", "Felix", "Lena", "Sören"],
            lastNames: ["Müller", "Schmidt", "Weiß", "Schäfer", "Becker", "Köhler", "Vogel", "Krüger"]),
    ]
}
