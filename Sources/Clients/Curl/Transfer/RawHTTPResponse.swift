/// An answer, and where it redirects to, made absolute.
struct RawHTTPResponse: Sendable {
    let response: HTTPResponse
    let redirect: String?
}
