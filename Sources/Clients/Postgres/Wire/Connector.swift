import CPostgres
import ClientSupport
import Glibc

/// Makes one connection, on a thread that ends with it: resolving names, TLS and the password hash hold up nobody else's statements.
struct Connector: Sendable {
    let configuration: PostgresConfiguration

    /// Tries each address in turn; the error tells of all of them.
    func connect() throws(PostgresError) -> ConnectionHandle {
        var failures: [PostgresError] = []
        for target in ConnectionTarget.all(configuration.connectionParameters) {
            do throws(PostgresError) {
                return try connect(target)
            } catch {
                failures.append(error)
            }
        }
        throw Self.summary(failures)
    }

    /// A refusal says more than silence; several failures of one kind are told in one line.
    private static func summary(_ failures: [PostgresError]) -> PostgresError {
        let telling = failures.first { $0.outage != .unreachable } ?? failures.first { $0.server != nil }
        if let error = telling ?? (failures.count == 1 ? failures.first : nil) { return error }
        return .connectionRefused(failures.map(\.reason).joined(separator: "; "))
    }

    private func connect(_ target: ConnectionTarget) throws(PostgresError) -> ConnectionHandle {
        let parameters = target.parameters
        let connection = Self.withCStrings(parameters.map(\.key)) { keywords in
            Self.withCStrings(parameters.map(\.value)) { values in PQconnectStartParams(keywords, values, 0) }
        }
        guard let connection else { throw .connectionRefused("out of memory") }
        do throws(PostgresError) {
            // Verbose errors carry the SQLSTATE, which libpq does not give out otherwise before there is a connection.
            PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
            PQsetNoticeProcessor(connection, { _, _ in }, nil)
            try finish(connection, target)
            PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
            guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else {
                throw .connectionRefused(connection.errorText)
            }
            return ConnectionHandle(pointer: connection)
        } catch {
            PQfinish(connection)
            throw error
        }
    }

    /// Polls as `PQconnectPoll` asks, until the connection stands or the time is up.
    private func finish(_ connection: OpaquePointer, _ target: ConnectionTarget) throws(PostgresError) {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        var wanted = PGRES_POLLING_WRITING
        while PQstatus(connection) != CONNECTION_BAD {
            switch wanted {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_FAILED: throw failure(connection)
            default: break
            }
            let left = (deadline - .now).milliseconds
            guard left > 0 else {
                throw .timedOut("no connection to \(target.name) within \(configuration.connectTimeout)")
            }
            // The socket changes when libpq starts over, without TLS say.
            var descriptor = pollfd(fd: PQsocket(connection), events: 0, revents: 0)
            descriptor.events = Int16(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT)
            guard poll(&descriptor, 1, Int32(clamping: left)) > 0 else { continue }
            wanted = PQconnectPoll(connection)
        }
        throw failure(connection)
    }

    private func failure(_ connection: OpaquePointer) -> PostgresError {
        let text = connection.errorText
        let user = PQuser(connection).map { String(cString: $0) } ?? configuration.user ?? ""
        if let (state, message) = Self.answer(in: text) {
            // pg_hba.conf turning away what is not TLS has this class too.
            if state.errorClass == "28" { return .authenticationFailed(user: user, reason: message) }
            var error = PostgresServerError(sqlState: state, message: message)
            error.isAtLogin = true
            return .server(error)
        }
        if PQconnectionNeedsPassword(connection) == 1 { return .authenticationFailed(user: user, reason: "it asks for a password") }
        if text.contains("SSL") || text.contains("certificate") { return .secureConnectionFailed(text) }
        return .connectionRefused(text)
    }

    /// State and message in `FATAL:  28P01: password authentication failed …`. The severity may be any word: `ERROR` when a pooler says
    /// it, and another language's. The two blanks behind its colon are libpq's.
    static func answer(in text: String) -> (SQLState, message: String)? {
        var rest = Substring(text)
        while let mark = rest.firstRange(of: ":  ") {
            rest = rest[mark.upperBound...]
            let code = rest.prefix(5)
            let message = rest.dropFirst(5)
            guard code.utf8.count == 5, message.hasPrefix(": "), code.utf8.contains(where: { (48...57).contains($0) }),
                code.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) })
            else { continue }
            return (SQLState(rawValue: String(code)), String(message.dropFirst(2)))
        }
        return nil
    }

    /// Calls with a NULL-terminated list of C strings.
    private static func withCStrings<T>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> T) -> T {
        let copies = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        let list = copies.map { UnsafePointer($0) } + [nil]
        return list.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}

extension OpaquePointer {
    /// libpq's last error on this connection, on one line.
    var errorText: String {
        let text = PQerrorMessage(self).map { String(cString: $0) } ?? ""
        // LOCATION is a line of the server's source, of the verbose form.
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("LOCATION:") }
        let line = lines.joined(separator: " ").onOneLine
        return line.isEmpty ? "the server closed the connection" : line
    }
}
