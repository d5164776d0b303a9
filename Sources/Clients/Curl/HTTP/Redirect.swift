/// How a redirect is followed (RFC 9110 section 15.4).
enum Redirect {
    /// More than these are a loop.
    static let limit = 5

    /// The request to send next; nil if the status is not one that redirects.
    ///
    /// 303, and by custom 301 and 302 after POST, go on as GET without content. `Authorization` and `Cookie` are for the origin they were
    /// given for: they are dropped on the way to another, and do not come back. Throws `redirectRefused` for https to http.
    static func next(_ request: HTTPRequest, status: Int, location: String) throws(CurlError) -> HTTPRequest? {
        guard [301, 302, 303, 307, 308].contains(status) else { return nil }
        guard let from = URLOrigin(request.url), let to = URLOrigin(location) else {
            throw .redirectRefused("it leads to something that is not an http or https URL")
        }
        guard from.scheme == "http" || to.scheme == "https" else { throw .redirectRefused("it leads from https to http") }
        var next = request
        next.url = location
        if status == 303 && request.method != .head || (status == 301 || status == 302) && request.method == .post {
            next.method = .get
            next.body = []
            next.headers.remove { $0.lowercased().hasPrefix("content-") }
        }
        if from != to {
            next.headers.remove { name in
                ["Authorization", "Cookie", "Proxy-Authorization", "Host"].contains { $0.equalsIgnoringCase(name) }
            }
        }
        return next
    }
}
