/// What may be in a member, as JSON texts.
struct MemberKind: Sendable {
    let good: [String]
    let bad: [String]
    var isRequired = true

    private static let noNumbers = [
        "\"1\"", "true", "[]", "{}", "1.5", "0.1e0", "1e-1", "01", "+1", "1.", ".5", "0x10", "NaN", "9223372036854775808", "1e400",
    ]
    private static let noTexts = ["7", "true", "[]", "{}", "'a'", "\"\\x\"", "\"\\ud800\"", "\"a\u{0}b\"", "\"a\nb\"", "\"open"]

    static let id = MemberKind(
        good: ["1", "42", "1.0", "1e2", "12.50e1", "9223372036854775807", "9223372036854775807.0", "9007199254740993.0"],
        bad: noNumbers + ["0", "-1", "-0", "0.0", "0e5"])
    static let count = MemberKind(good: ["0", "7", "-0", "0.0", "0e5", "9223372036854775807"], bad: noNumbers + ["-1", "-1.0"])
    static let reference = MemberKind(
        good: [
            text("a"), text(" "), text("é"), "\"\\u00e9\\/\\n\"", "\"\\ud83c\\udfab\"", text(String(repeating: "a", count: 200)),
            text(String(repeating: "🎫", count: 200)),
        ],
        bad: noTexts + [text(""), "\"a\\u0000b\"", text(String(repeating: "a", count: 201)), text(String(repeating: "🎫", count: 201))])
    static let reason = MemberKind(
        good: [text(""), text("the band is ill"), text(String(repeating: "é", count: 2000))],
        bad: noTexts + ["\"\\u0000\"", text(String(repeating: "é", count: 2001)), text(String(repeating: "a", count: 9000))])
    static let currency = MemberKind(
        good: [text("EUR"), "\"\\u0055SD\""], bad: noTexts + [text("eur"), text("EU"), text("EURO"), "\"EUR\\n\"", text("ÉUR"), text("")])
    static let currencyInAnyCase = MemberKind(
        good: currency.good + [text("eur"), text("Eur")], bad: currency.bad.filter { $0 != text("eur") } + [text("e r"), text("e[r"), text("e{r")])
    static let boolean = MemberKind(good: ["true", "false"], bad: ["1", "\"true\"", "[]", "{}", "True", "tru"])
    static let instant = MemberKind(good: InstantTable.good.map(text) + ["\"2027\\u002d03-14T01:59:26Z\""], bad: InstantTable.bad.map(text) + noTexts)
    static let job = MemberKind(
        good: [text("tickets-cache.refresh"), text("a.b"), text("of-others.do-2-things"), text("a." + String(repeating: "b", count: 98))],
        bad: noTexts
            + [text(""), text("refresh"), text("a.b.c"), text(".b"), text("a."), text("A.b"), text("1.b"), text("a b.c"), "\"a.b\\n\"", text("a.é")]
            + [text("a." + String(repeating: "b", count: 99))])

    /// What `booking.cancelled`, and what `booking.reminded` and `booking.followed-up` have.
    static let cancelledBookings = bookings(with: ["eventId", "quantity", "userId"])
    static let remindedBookings = bookings(with: [])

    /// A list of bookings, each with these positive numbers beside its id.
    private static func bookings(with members: [String]) -> MemberKind {
        func booking(_ id: String = "1", _ members: [String] = members, each value: String = "1") -> String {
            "{" + ([#""bookingId": \#(id)"#] + members.map { #""\#($0)": \#(value)"# }).joined(separator: ", ") + "}"
        }
        func array(_ count: Int) -> String { "[" + Array(repeating: booking(), count: count).joined(separator: ",") + "]" }
        let withMore = "[\(booking().dropLast()), \"x\": [{}]}]"
        let incomplete = members.isEmpty ? [] : ["[\(booking("1", members.dropLast()))]", "[\(booking(each: "0"))]"]
        let noArrays = ["7", "true", "{}", "\"[]\"", "[]", "[1]", "[[]]", "[null]", booking(), "[\(booking()),]", "[\(booking()), {}]"]
        let badIDs = ["0", "-1", "1.5", "\"1\"", "null"].map { "[\(booking()), \(booking($0))]" }
        return MemberKind(
            good: [array(1), array(25), "[ \(booking("2.0")) , \(booking()) ]", withMore], bad: noArrays + [array(26)] + badIDs + incomplete)
    }

    static func choice(_ words: String...) -> MemberKind {
        MemberKind(good: words.map(text), bad: noTexts + [text(""), text(words[0].uppercased()), text(words[0] + " "), "0"])
    }

    /// The same, but the member may be left out or null.
    var optional: MemberKind { MemberKind(good: good + ["null"], bad: bad, isRequired: false) }

    static func text(_ text: String) -> String { "\"\(text)\"" }
}
