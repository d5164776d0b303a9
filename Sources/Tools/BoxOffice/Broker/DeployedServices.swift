/// The services of `Deploy/services`, as it was when this executable was built.
enum DeployedServices {
    /// The file that lists them: the first word of each line; a line that begins with `#` is a comment.
    static let document = "Deploy/services"

    /// Their names, in the order of the file.
    static func embedded() throws -> [String] {
        guard let text = Embedded.files.first(where: { $0.path == document })?.text else {
            throw Failure("\(document) was not there when this executable was built")
        }
        return names(in: text)
    }

    static func names(in text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).compactMap { $0.split(separator: " ").first.map(String.init) }.filter { !$0.hasPrefix("#") }
    }
}
