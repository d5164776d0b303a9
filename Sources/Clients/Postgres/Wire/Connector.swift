import CPostgres
import Glibc

/// Makes one connection, on a thread that ends with it: resolving names, TLS and the password hash hold up nobody else's statements.
struct Connector: Sendable {
    let configuration: PostgresConfiguration

    func connect() throws(PostgresError) -> ConnectionHandle {
        let parameters = configuration.connectionParameters
        let connection = Self.withCStrings(parameters.map(\.key)) { keywords in
            Self.withCStrings(parameters.map(\.value)) { values in PQconnectStartParams(keywords, values, 0) }
        }
        guard let connection else { throw .connectionRefused("out of memory") }
        do throws(PostgresError) {
            // Verbose errors carry the SQLSTATE, which libpq does not give out otherwise before there is a connection.
            PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
            PQsetNoticeProcessor(connection, { _, _ in }, nil)
            try finish(connection)
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
    private func finish(_ connection: OpaquePointer) throws(PostgresError) {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        var wanted = PGRES_POLLING_WRITING
        while PQstatus(connection) != CONNECTION_BAD {
            switch wanted {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_FAILED: throw failure(connection)
            default: break
            }
            let left = (deadline - .now).wholeMilliseconds
            guard left > 0 else {
                throw .timedOut("no connection to \(configuration) within \(configuration.connectTimeout)")
            }
            // The socket changes with every address that is tried.
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
        if let state = Self.sqlState(in: text) {
            switch state {
            case .invalidPassword, .invalidAuthorizationSpecification:
                // pg_hba.conf turning away what is not TLS has this state too, and says so; that is more use than "wrong password".
                return text.contains("pg_hba.conf") ? .connectionRefused(text) : .authenticationFailed(user: user)
            default:
                return .server(PostgresServerError(sqlState: state, message: text))
            }
        }
        if PQconnectionNeedsPassword(connection) == 1 { return .authenticationFailed(user: user) }
        if text.contains("SSL") || text.contains("certificate") { return .secureConnectionFailed(text) }
        return .connectionRefused(text)
    }

    /// The code in `FATAL:  28P01: password authentication failed …`.
    private static func sqlState(in text: String) -> SQLState? {
        for piece in text.split(separator: ":") {
            let code = piece.drop { $0 == " " }
            if code.utf8.count == 5, code.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) }), code != "FATAL", code != "PANIC" {
                return SQLState(rawValue: String(code))
            }
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
