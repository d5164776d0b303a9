import Platform
import Sandbox

/// The settings as documents tell of them.
enum SettingDocuments {
    /// A heading and the settings below it: those of every service, then what each group of services reads beside them.
    static var groups: [(title: String, settings: [SettingDescription])] {
        var readers: [SettingDescription: [String]] = [:]
        var order: [SettingDescription] = []
        for service in ServiceDeclarations.all {
            for setting in service.settings {
                if readers[setting] == nil { order.append(setting) }
                readers[setting, default: []].append(service.name)
            }
        }
        var titles: [String] = []
        var groups: [String: [SettingDescription]] = [:]
        for setting in order {
            let title = readers[setting, default: []].joined(separator: ", ")
            if groups[title] == nil { titles.append(title) }
            groups[title, default: []].append(setting)
        }
        return [("every service", CommonSettings.all)] + titles.map { ($0, groups[$0] ?? []) } + [("sandbox", Sandbox.Settings.all.dropLast())]
    }

    /// The part `## Services` of .env.example.
    static var example: String {
        var text = "## Services\n"
        for group in groups {
            text += "\n# -- \(group.title)\n"
            for setting in group.settings {
                text += "\n# \(setting.explanation)\n# \(setting.name)=\(standard(setting))\n"
            }
        }
        return text
    }

    /// The table of README.
    static var table: String {
        var text = "| setting | default | meaning |\n| --- | --- | --- |\n"
        for group in groups {
            text += "| **\(group.title)** | | |\n"
            for setting in group.settings {
                let standard = standard(setting)
                let shown = standard.isEmpty ? setting.presence == .required ? "required" : "" : "`\(standard)`"
                text += "| `\(setting.name)` | \(shown) | \(setting.explanation) |\n"
            }
        }
        return text
    }

    private static func standard(_ setting: SettingDescription) -> String {
        if case .standard(let text) = setting.presence { text } else { "" }
    }
}
