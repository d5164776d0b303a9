import Contracts
import FoundationEssentials
import Platform

/// What a page is made with: who looks at it, in which language, and how things are written.
struct Page: Sendable {
    let views: PageViews
    let assets: Assets
    let language: String
    /// Nil on the pages of strangers.
    let actor: Actor?
    /// The entry of the menu that it belongs to.
    let section: String
    let now: Date

    private static let sections: [(name: String, path: String, permission: Permission)] = [
        ("home", "/", .look), ("jobs", "/jobs", .look), ("runs", "/runs", .look), ("calendar", "/calendar", .look), ("services", "/services", .look),
        ("audit", "/audit", .readAudit),
    ]

    /// A word or sentence in the page's language.
    func word(_ name: String, _ values: [String: String] = [:]) -> String { views.word(name, language, values) }

    /// A sentence with a number, in the singular where the language has one.
    func word(_ name: String, count: Int) -> String {
        word(count == 1 ? "\(name).one" : name, ["n": number(count)])
    }

    /// The response with this page.
    /// - Parameter reload: After how many seconds its content is fetched again; nil for a page that stays as it is.
    func response(
        _ view: String, _ values: [String: Template.Value], status: Int = 200, reload: Int? = nil, notice: String = "",
        headers: [(name: String, value: String)] = []
    ) throws -> WebResponse {
        let menu: [[String: Template.Value]] = Self.sections.filter { actor?.may($0.permission) ?? false }.map { section in
            [
                "href": .text(section.path), "label": .text(word("menu.\(section.name)")),
                "isCurrent": .text(section.name == self.section ? "yes" : ""),
            ]
        }
        let frame: [String: Template.Value] = [
            "language": .text(language), "style": .text(assets.address(of: "console.css")), "script": .text(assets.address(of: "console.js")),
            "menu": .list(menu), "actor": .text(actor?.name ?? ""), "role": .text(actor?.role.rawValue ?? ""),
            "form": .text(actor?.formToken ?? ""), "reload": .text(reload.map { "\($0)" } ?? ""), "notice": .text(notice),
            "languages": .list(
                views.languages.filter { $0 != language }.map {
                    ["code": .text($0), "name": .text(views.word("language", $0))]
                }),
        ]
        let body = try views.render(view, language, frame.merging(values) { $1 })
        return WebResponse(status, type: "text/html; charset=utf-8", headers: [("Content-Language", language)] + headers, body: body)
    }

    // MARK: - How things are written

    /// An instant: for machines under the name, for people under the name with `Text`. A script shows it in the zone of
    /// the browser.
    func time(_ name: String, _ instant: Date?) -> [String: Template.Value] {
        guard let instant else { return [name: .text(""), "\(name)Text": .text("")] }
        let text = RFC3339.string(from: Date(timeIntervalSince1970: instant.timeIntervalSince1970.rounded(.down)))
        return [name: .text(text), "\(name)Text": .text("\(text.prefix(16).replacing("T", with: " ")) UTC")]
    }

    /// A duration in seconds.
    func duration(_ seconds: Double?) -> String {
        guard let seconds else { return "" }
        switch seconds {
        case ..<1: return "\(Int((seconds * 1000).rounded())) ms"
        case ..<60: return "\((seconds * 10).rounded() / 10) s"
        case ..<3600: return "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
        case ..<86_400: return "\(Int(seconds) / 3600) h \(Int(seconds) % 3600 / 60) min"
        default: return "\(Int(seconds) / 86_400) d \(Int(seconds) % 86_400 / 3600) h"
        }
    }

    /// How long ago an instant is.
    func age(_ instant: Date?) -> String { instant.map { duration(max(0, now.timeIntervalSince($0))) } ?? "" }

    /// A number with thin spaces between thousands.
    func number(_ number: Int) -> String {
        var digits = Array(String(number.magnitude))
        var place = digits.count - 3
        while place > 0 {
            digits.insert("\u{202F}", at: place)
            place -= 3
        }
        return (number < 0 ? "−" : "") + String(digits)
    }

    func bytes(_ count: Int?) -> String { count.map { "\(($0 + (1 << 19)) >> 20) MB" } ?? "" }
}
