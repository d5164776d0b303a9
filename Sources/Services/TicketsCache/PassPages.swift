/// The passes of one list, collected from its pages: one entry per pass.
///
/// Page numbers shift while passes are bought, so a pass can be on two pages. The last one counts.
struct PassPages: Sendable {
    private(set) var passes: [Pass] = []
    private var places: [String: Int] = [:]

    /// Adds a page.
    /// - Returns: whether it had a pass that no earlier page had.
    mutating func add(_ page: [Pass]) -> Bool {
        let before = passes.count
        for pass in page {
            if let place = places[pass.uuid] {
                passes[place] = pass
            } else {
                places[pass.uuid] = passes.count
                passes.append(pass)
            }
        }
        return passes.count > before
    }
}
