import Contracts

/// What only ticks have: an object of texts, and the slice.
enum TickCases {
    static let texts = MemberKind(
        good: ["{}", #"{"a": "b", "": ""}"#, #"{"a": 1, "a": "the last one counts"}"#, #"{"\u00e9": "\ud83c\udfab"}"#],
        bad: [
            "[]", "\"a=b\"", "7", #"{"a": 1}"#, #"{"a": null}"#, #"{"a": {}}"#, #"{"a": "\u0000"}"#, #"{"\u0000": "a"}"#, #"{"\ud800": "a"}"#,
            #"{"a": "b",}"#,
            #"{"a" "b"}"#, #"{a: "b"}"#,
        ])

    static let slice = MemberKind(
        good: [#"{"runId": 1, "number": 1}"#, #"{"runId": 1, "number": 2, "more": true}"#],
        bad: ["[]", "1", "{}", #"{"runId": 1}"#, #"{"number": 1}"#, #"{"runId": 0, "number": 1}"#, #"{"runId": 1, "number": "1"}"#]
    ).optional

    private static let least = #""job": "a.b", "scheduledFor": "2027-03-14T01:59:26Z", "trigger": "manual", "dryRun": false, "parameters": {}"#

    /// Whole ticks.
    static let all: [MessageCase] = [
        MessageCase(type: Tick.type, json: "{\(least)}", isGood: true),
        MessageCase(type: Tick.type, json: "\n\t {\r\(least) }  ", isGood: true),
        MessageCase(type: Tick.type, json: #"{"trigger": 7, \#(least)}"#, isGood: true),
        MessageCase(type: Tick.type, json: #"{\#(least), "trigger": 7}"#, isGood: false),
        MessageCase(type: Tick.type, json: #"{\#(least), "\u0074rigger": 7}"#, isGood: false),
        MessageCase(type: Tick.type, json: "\u{B}{\(least)}", isGood: false),
        MessageCase(type: Tick.type, json: "{\(least), \"x\": tru}", isGood: false),
        MessageCase(type: Tick.type, json: "{}", isGood: false),
    ]
}
