import FoundationEssentials

/// Writes the company of the demo season by season, so that memory does not grow with its size, and preloads the
/// payments into the gateway stub.
struct DemoInitialState: Sendable {
    let company: DemoCompany
    let dataset: DemoDataset
    let sandbox: SandboxControl?

    /// Writes everything; returns what was created.
    func write() async throws -> DemoTally {
        var tally = DemoTally(sentToGateway: sandbox == nil ? nil : 0)
        for number in 0..<company.seasons {
            let season = company.season(number)
            if try await dataset.write(season) { tally.add(season) } else { tally.present += season.sales.count }
            guard let sandbox else { continue }
            // Always: a restarted sandbox has forgotten its transactions.
            let transactions = season.transactions
            try await sandbox.order("gateway/transactions", transactions)
            tally.sentToGateway? += transactions.count
        }
        if !tally.bookings.isEmpty { try await dataset.analyze() }
        return tally
    }
}
