/// An answer, and where it redirects to, made absolute.
struct HTTPAnswer: Sendable {
    let response: HTTPResponse
    let redirect: String?
}
