/// Keeps mails that ask for different security off each other's connections.
///
/// libcurl takes any kept connection to a server, user and password for the next mail, also one without TLS for a mail that requires it
/// (libcurl 7.88; for FTP that was CVE-2023-27535). So once one server has been addressed in two ways, its mails share no connections.
struct MailConnections {
    private struct Security: Hashable {
        let tls: SMTPTLS
        let caFile: String?
    }

    private var securities: [String: Set<Security>] = [:]

    /// Notes how this server is addressed; true if its mails must stay apart from now on.
    mutating func separates(_ server: SMTPServer) -> Bool {
        securities[server.description, default: []].insert(Security(tls: server.tls, caFile: server.caFile))
        return (securities[server.description]?.count ?? 0) > 1
    }
}
