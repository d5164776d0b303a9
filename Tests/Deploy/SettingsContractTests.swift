import FoundationEssentials
import Platform
import Testing

@Suite("Settings are declared once, and what people read about them is the same")
struct SettingsContractTests {
    @Test("A service reads the settings that it declares, and no others", arguments: 0..<ServiceDeclarations.all.count)
    func declared(index: Int) throws {
        let service = ServiceDeclarations.all[index]
        let settings = Settings(ServiceDeclarations.values)
        try Self.putTogether(service, settings)
        let declared = Set((CommonSettings.all + service.settings).map(\.name))
        #expect(settings.askedFor == declared, "\(service.name)")
    }

    private static func putTogether<S: BackgroundService>(_ service: S.Type, _ settings: Settings) throws {
        _ = try ServiceHost(service, settings: settings)
    }

    @Test("Deploy/services has every service, and the secrets behind it are those that the service declares")
    func services() throws {
        let lines = try ServiceDeclarations.lines()
        #expect(Set(lines.compactMap(\.first)) == Set(ServiceDeclarations.all.map { $0.name }))
        for line in lines {
            let service = try #require(ServiceDeclarations.all.first { $0.name == line.first })
            let secrets = service.settings.filter(\.isSecret).map { $0.presence == .required ? $0.name : "\($0.name)?" }
            #expect(Array(line.dropFirst()) == secrets, "\(service.name)")
        }
    }

    @Test(".env.example has every setting of every service, with its default and its meaning")
    func example() throws {
        let text = try Repository.text(".env.example")
        let part = "## Services\n" + (text.components(separatedBy: "## Services\n").last ?? "")
        try Self.hold(part, SettingDocuments.example, of: ".env.example")
    }

    @Test("README's table of settings has every setting of every service")
    func table() throws {
        let text = try Repository.text("README.md")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0 == "| setting | default | meaning |" })
        let table = lines[start...].prefix { $0.hasPrefix("|") }.joined(separator: "\n") + "\n"
        try Self.hold(table, SettingDocuments.table, of: "README.md")
    }

    /// Compares, and leaves what it should be where the file can be taken from.
    private static func hold(_ found: String, _ wanted: String, of file: String) throws {
        guard found != wanted else { return }
        let path = FileManager.default.temporaryDirectory.appending(path: file.replacing("/", with: "-"))
        try Data(wanted.utf8).write(to: path)
        Issue.record("\(file) is not what the settings say; the right part is in \(path.path())")
    }
}
