/// Which column belongs to which property, found out once for all rows of a result.
final class RowLayout {
    let columns: [PostgresColumn]
    private let positions: [String: Int]

    init(_ columns: [PostgresColumn]) {
        self.columns = columns
        var positions: [String: Int] = [:]
        // The names as they are go before the converted ones, the first of two before the second.
        for (index, column) in columns.enumerated() where positions[column.name] == nil { positions[column.name] = index }
        for (index, column) in columns.enumerated() {
            let property = Self.property(of: column.name)
            if positions[property] == nil { positions[property] = index }
        }
        self.positions = positions
    }

    func position(of key: any CodingKey) -> Int? {
        positions[key.stringValue]
    }

    /// `first_name` → `firstName`; leading underscores stay.
    private static func property(of column: String) -> String {
        var text = ""
        var raise = false
        for character in column {
            if character == "_", !text.isEmpty, text != "_" {
                raise = true
            } else {
                text += raise ? character.uppercased() : String(character)
                raise = false
            }
        }
        return text
    }
}
