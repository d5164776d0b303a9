import FoundationEssentials
import Platform
import Testing

@Suite("compose.yaml")
struct ComposeTests {
    @Test("What compose.yaml takes from .env stands in .env.example, with the same default")
    func compose() throws {
        let settings = Set(ServiceDeclarations.all.flatMap { CommonSettings.all + $0.settings }.map(\.name))
        let named = try Repository.text("compose.yaml").matches(of: /\$\{([A-Z_]+):-([^}]*)\}/).map { (String($0.1), String($0.2)) }
        #expect(named.count > 10)
        let text = try Repository.text(".env.example")
        let own = text.components(separatedBy: "## Services\n").first ?? ""
        for (name, standard) in named where !settings.contains(name) {
            #expect(own.contains("\n# \(name)=\(standard)\n"), "\(name)=\(standard)")
        }
        for line in own.matches(of: /\n# ([A-Z_]+)=/) {
            #expect(named.contains { $0.0 == line.1 }, "compose.yaml does not read \(line.1)")
        }
    }
}
