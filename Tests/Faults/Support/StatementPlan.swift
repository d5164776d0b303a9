/// A node of a plan, as `explain (format json)` tells it.
struct StatementPlan: Decodable, Sendable {
    let nodeType: String
    let relationship: String?
    let strategy: String?
    let relation: String?
    let index: String?
    let indexCondition: String?
    let recheckCondition: String?
    let rows: Double
    let plans: [StatementPlan]

    enum CodingKeys: String, CodingKey {
        case nodeType = "Node Type"
        case relationship = "Parent Relationship"
        case strategy = "Strategy"
        case relation = "Relation Name"
        case index = "Index Name"
        case indexCondition = "Index Cond"
        case recheckCondition = "Recheck Cond"
        case rows = "Plan Rows"
        case plans = "Plans"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        nodeType = try fields.decode(String.self, forKey: .nodeType)
        relationship = try fields.decodeIfPresent(String.self, forKey: .relationship)
        strategy = try fields.decodeIfPresent(String.self, forKey: .strategy)
        relation = try fields.decodeIfPresent(String.self, forKey: .relation)
        index = try fields.decodeIfPresent(String.self, forKey: .index)
        indexCondition = try fields.decodeIfPresent(String.self, forKey: .indexCondition)
        recheckCondition = try fields.decodeIfPresent(String.self, forKey: .recheckCondition)
        rows = try fields.decode(Double.self, forKey: .rows)
        plans = try fields.decodeIfPresent([StatementPlan].self, forKey: .plans) ?? []
    }

    /// The wrapping that `explain` gives a plan.
    struct Explained: Decodable, Sendable {
        let plan: StatementPlan

        enum CodingKeys: String, CodingKey { case plan = "Plan" }
    }

    /// What is wrong with a plan.
    struct Fault: Sendable, Equatable, CustomStringConvertible {
        enum Kind: String, Sendable {
            /// A table that grows is read as a whole.
            case sequentialScan = "a sequential scan of"
            /// An index is read as a whole, or so much of it that it grows with the table.
            case wholeIndex = "too much is read of"
            /// A limit, or a lock, is run again for each row of the other side of a nested loop.
            case limitInLoop = "a limit or a lock inside a nested loop, which can be passed, above"
        }

        let kind: Kind
        /// The table or the index.
        let subject: String

        var description: String { "\(kind.rawValue) \(subject)" }
    }

    /// - Parameters:
    ///   - growing: How many rows each table has that grows with time; others are not asked for.
    ///   - share: How much of a table's rows may be read without a limit above.
    func faults(growing: [String: Double], share: Double) -> [Fault] {
        var faults: [Fault] = []
        collect(into: &faults, growing, share, Above())
        return faults
    }

    /// What stands above a node.
    private struct Above {
        /// A limit whose rows are read one after the other: no more is read than it wants.
        var stopsEarly = false
        /// A limit: no more comes out, whatever a loop below does.
        var isLimited = false
        /// A nested loop that runs this side again and again.
        var isLoopedOver = false
    }

    private func collect(into faults: inout [Fault], _ growing: [String: Double], _ share: Double, _ above: Above) {
        var here = above
        if above.isLoopedOver, nodeType == "Limit" || nodeType == "LockRows" {
            faults.append(Fault(kind: .limitInLoop, subject: firstRelation ?? ""))
        }
        here.stopsEarly = nodeType == "Limit" || above.stopsEarly && !readsAllFirst
        here.isLimited = nodeType == "Limit" || above.isLimited
        if let relation, let whole = growing[relation], nodeType.hasSuffix("Scan"), !here.stopsEarly { check(relation, whole, share, &faults) }
        for plan in plans {
            var below = plan.relationship == "InitPlan" ? Above() : here
            if plan.relationship == "Inner", nodeType == "Nested Loop", !here.isLimited { below.isLoopedOver = true }
            plan.collect(into: &faults, growing, share, below)
        }
    }

    private func check(_ relation: String, _ whole: Double, _ share: Double, _ faults: inout [Fault]) {
        if nodeType == "Seq Scan" {
            faults.append(Fault(kind: .sequentialScan, subject: relation))
        } else if indexCondition == nil && recheckCondition == nil || rows > max(share * whole, 1000) {
            faults.append(Fault(kind: .wholeIndex, subject: index ?? relation))
        }
    }

    /// Whether the node reads all of what is below it before it returns a row, so that a limit above it saves nothing.
    private var readsAllFirst: Bool {
        ["Sort", "Hash", "Materialize", "Gather", "Gather Merge"].contains(nodeType) || nodeType == "Aggregate" && strategy != "Sorted"
    }

    private var firstRelation: String? { relation ?? plans.lazy.compactMap(\.firstRelation).first }
}
