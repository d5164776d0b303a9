/// The body of a report of one day. Amounts of different currencies are never added.
struct DailyReport: Codable, Sendable, Equatable {
    /// The money received and refunded in one currency, in its minor units.
    struct Revenue: Codable, Sendable, Equatable {
        /// The money received, including late and duplicate payments.
        var received = 0
        /// The money refunded.
        var refunded = 0
        /// `received` minus `refunded`.
        var net = 0
    }

    /// What happened, by currency and gateway.
    let figures: [DailyTotal]
    /// The number of payments, by what happened to them.
    let counts: [String: Int]
    /// succeeded / (succeeded + failed + abandoned), rounded to four digits; null if none ended.
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
    /// Adds an amount. A sum beyond the largest number stays at that number.
    fileprivate mutating func add(_ amount: Int) {
        let (sum, overflow) = addingReportingOverflow(amount)
        self = overflow ? .max : sum
    }
}
