import Contracts
import Platform

extension WebResponse {
    /// A JSON document.
    init(json document: some Encodable, _ status: Int = 200, headers: [(name: String, value: String)] = []) throws {
        let body = String(decoding: try WireCoding.encodeJSON(document), as: UTF8.self)
        self.init(status, type: "application/json", headers: headers, body: body)
    }

    /// What every response of the console says: nothing is kept, framed or guessed, and nothing is loaded from elsewhere.
    func guarded(_ cookie: SessionCookie) -> WebResponse {
        var response = self
        if !response.headers.contains(where: { $0.name == "Cache-Control" }) { response.headers.append(("Cache-Control", "no-store, no-transform")) }
        response.headers += [
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"), ("X-Robots-Tag", "noindex"),
            (
                "Content-Security-Policy",
                "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
                    + "base-uri 'none'; frame-ancestors 'none'"
            ),
        ]
        if cookie.isSecure { response.headers.append(("Strict-Transport-Security", "max-age=31536000")) }
        return response
    }
}
