/// The oid of a data type. Those below are the same on every server (`pg_type.dat`); enums and extensions get theirs when they are created.
public struct PostgresType: RawRepresentable, Hashable, Sendable {
    /// The oid.
    public let rawValue: UInt32

    /// A type from its oid.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Left to the server: what the place of the parameter asks for.
    public static let inferred = PostgresType(rawValue: 0)
    static let bool = PostgresType(rawValue: 16)
    static let bytea = PostgresType(rawValue: 17)
    static let char = PostgresType(rawValue: 18)
    static let name = PostgresType(rawValue: 19)
    static let int8 = PostgresType(rawValue: 20)
    static let int2 = PostgresType(rawValue: 21)
    static let int4 = PostgresType(rawValue: 23)
    static let text = PostgresType(rawValue: 25)
    static let oid = PostgresType(rawValue: 26)
    static let json = PostgresType(rawValue: 114)
    static let float4 = PostgresType(rawValue: 700)
    static let float8 = PostgresType(rawValue: 701)
    static let unknown = PostgresType(rawValue: 705)
    static let bpchar = PostgresType(rawValue: 1042)
    static let varchar = PostgresType(rawValue: 1043)
    static let date = PostgresType(rawValue: 1082)
    static let timestamp = PostgresType(rawValue: 1114)
    static let timestamptz = PostgresType(rawValue: 1184)
    static let interval = PostgresType(rawValue: 1186)
    static let numeric = PostgresType(rawValue: 1700)
    static let void = PostgresType(rawValue: 2278)
    static let uuid = PostgresType(rawValue: 2950)
    static let jsonb = PostgresType(rawValue: 3802)

    /// The type of an array of these; `inferred` for one whose arrays are not sent.
    var array: PostgresType {
        let oid: UInt32 =
            switch self {
            case .bool: 1000
            case .bytea: 1001
            case .int2: 1005
            case .int4: 1007
            case .text: 1009
            case .int8: 1016
            case .float4: 1021
            case .float8: 1022
            case .timestamptz: 1185
            case .interval: 1187
            case .numeric: 1231
            case .uuid: 2951
            case .jsonb: 3807
            default: 0
            }
        return PostgresType(rawValue: oid)
    }
}

extension PostgresType: CustomStringConvertible {
    // Type 0 is here so that it is not taken for the array of a type that has none.
    private static let names: [PostgresType: String] = [
        .inferred: "type 0", .bool: "boolean", .bytea: "bytea", .char: "\"char\"", .name: "name", .int8: "bigint", .int2: "smallint",
        .int4: "integer", .text: "text", .oid: "oid", .json: "json", .float4: "real", .float8: "double precision", .unknown: "unknown",
        .bpchar: "char(n)", .varchar: "varchar", .date: "date", .timestamp: "timestamp", .timestamptz: "timestamptz",
        .interval: "interval", .numeric: "numeric", .void: "void", .uuid: "uuid", .jsonb: "jsonb",
    ]

    /// The name in SQL, or the oid of a type that is not built in.
    public var description: String {
        Self.names[self] ?? Self.names.first { $0.key.array == self }.map { $0.value + "[]" } ?? "type \(rawValue)"
    }

    /// Whether the value is sent as its characters: text types and, as nothing else is known of them, types that are not built in.
    var isTextual: Bool {
        switch self {
        case .text, .varchar, .bpchar, .name, .char, .unknown, .json, .void: true
        default: rawValue >= 16384  // FirstNormalObjectId: enums, citext, domains come as their base type
        }
    }
}
