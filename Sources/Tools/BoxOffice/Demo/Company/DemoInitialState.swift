import FoundationEssentials

/// Writes the company of the demonstration season by season, so that memory does not grow with it, and tells the gateway what it knows.
struct DemoInitialState: Sendable {
    let company: DemoCompany
    let dataset: DemoDataset
    let sandbox: SandboxControl?

    /// What was made.
    func write() async throws -> DemoTally {
        var tally = DemoTally(toldGateway: sandbox == nil ? nil : 0)
        for number in 0..<company.seasons {
            let season = company.season(number)
            if try await dataset.write(season) { tally.add(season) } else { tally.present += season.sales.count }
            guard let sandbox else { continue }
            // Always: a sandbox that was started again knows nothing any more.
            let transactions = season.transactions
            try await sandbox.order("gateway/transactions", transactions)
            tally.toldGateway? += transactions.count
        }
        if !tally.bookings.isEmpty { try await dataset.analyze() }
        return tally
    }
}
