/// The body of a report of one day. Sums never cross currencies.
struct DailyReport: Codable, Sendable, Equatable {
    /// What a currency brought, in its minor units.
    struct Revenue: Codable, Sendable, Equatable {
        /// What came in, late money and double payments too.
        var received = 0
        /// What went back.
        var refunded = 0
        /// The difference.
        var net = 0
    }

    /// What happened, by currency and gateway.
    let figures: [DailyTotal]
    /// How many payments each thing happened to.
    let counts: [String: Int]
    /// Of the payments that came to an end at the gateway or for want of being handed to it, the part that succeeded: 0 to 1, four digits; null when none did.
    let successRate: Double?
    /// By currency.
    let revenue: [String: Revenue]

    init(_ figures: [DailyTotal]) {
        self.figures = figures
        func total(_ happened: DailyTotal.Happened) -> Int { figures.filter { $0.happened == happened }.map(\.count).reduce(0, +) }
        counts = Dictionary(uniqueKeysWithValues: DailyTotal.Happened.allCases.map { ($0.rawValue, total($0)) })
        let (succeeded, ended) = (total(.succeeded), total(.succeeded) + total(.failed) + total(.abandoned))
        successRate = ended == 0 ? nil : (Double(succeeded) / Double(ended) * 10_000).rounded() / 10_000
        var revenue: [String: Revenue] = [:]
        for figure in figures {
            switch figure.happened {
            case .succeeded, .late: revenue[figure.currency, default: Revenue()].received.add(figure.amount)
            case .refunded: revenue[figure.currency, default: Revenue()].refunded.add(figure.amount)
            case .created, .failed, .abandoned, .voided: break
            }
        }
        self.revenue = revenue.mapValues { Revenue(received: $0.received, refunded: $0.refunded, net: $0.received - $0.refunded) }
    }
}

extension Int {
    /// Adds an amount; a sum beyond the largest number, which is no money, stays at that.
    fileprivate mutating func add(_ amount: Int) {
        let (sum, overflow) = addingReportingOverflow(amount)
        self = overflow ? .max : sum
    }
}
