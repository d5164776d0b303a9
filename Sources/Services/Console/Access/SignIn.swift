import FoundationEssentials
import Platform
import Postgres

/// Signs people in, and slows down those who guess.
///
/// Failures count for an address, and for an account from an address: nobody is kept out of an account by others who
/// try it from elsewhere. An unknown name is answered as a wrong password is, after the same time.
struct SignIn: Sendable {
    /// Failures that cost nothing yet: of an account from an address, and of an address.
    static let free = (ofAccount: 5, ofAddress: 20)
    /// The longest pause after a failure; counts are forgotten after as long as it takes to fail for an hour.
    static let longestPause: TimeInterval = 300
    static let memory: TimeInterval = 3600

    let passwords: PasswordThread

    enum Outcome: Sendable {
        /// The token of the new session.
        case signedIn(token: String)
        case refused
        /// How many seconds to wait.
        case later(Int)
    }

    /// Tries a name and a password.
    func attempt(_ name: String, _ password: String, from address: String, _ runtime: ServiceRuntime) async throws -> Outcome {
        let name = name.lowercased()
        // A name that no account can have is not stored.
        let isName = name.utf8.count <= 64 && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        let keys = [isName ? "\(name) from \(address)" : "? from \(address)", address]
        let now = runtime.clock.now
        let pauses = try await runtime.database.query(
            Self.pauses, as: Double.self, keys, [Self.free.ofAccount, Self.free.ofAddress], now, Self.longestPause, now - Self.memory)
        if let pause = pauses.max(), pause > 0 { return .later(Int(pause.rounded(.up))) }
        let stored = isName ? try await runtime.database.query(Self.password, as: String.self, name).first : nil
        let isRight: Bool
        do {
            isRight = try await passwords.check(Array(password.utf8), stored)
        } catch is PasswordThread.Busy {
            return .later(2)
        }
        let token = SessionCookie.newToken()
        guard isRight, let digest = SessionCookie.digest(of: token) else {
            try await runtime.transaction { tx in
                try tx.enqueue(Self.forget, tx.now - Self.memory)
                try tx.enqueue(Self.count, keys, tx.now, tx.now - Self.memory)
            }
            return .refused
        }
        try await runtime.transaction { tx in
            // Not the address's own count: who knows one password must not guess others for free.
            try tx.enqueue(Self.clear, keys[0])
            try SessionStore.begin(digest, name, from: address, tx)
            try tx.enqueue(AuditLog.insertSignIn, name, address)
        }
        return .signedIn(token: token)
    }

    private static let password: SQL = "select password_hash from accounts where name = $1::text"

    // Twice as long after each further failure.
    private static let pauses: SQL = """
        select extract(epoch from f.last_at - $3::timestamptz)::float8 + least($4::float8, power(2::float8, least(f.failures - k.free, 20)))
        from unnest($1::text[], $2::integer[]) as k (key, free) join sign_in_failures f on f.key = k.key
        where f.failures >= k.free and f.last_at > $5::timestamptz
        """

    private static let count: SQL = """
        insert into sign_in_failures as f (key, failures, last_at)
        select key, 1, $2::timestamptz from unnest($1::text[]) as key order by key
        on conflict (key) do update
        set failures = case when f.last_at < $3::timestamptz then 1 else f.failures + 1 end, last_at = excluded.last_at
        """

    private static let clear: SQL = "delete from sign_in_failures where key = $1::text"

    private static let forget: SQL = """
        delete from sign_in_failures
        where key = any (array(select key from sign_in_failures where last_at < $1::timestamptz order by last_at limit 100))
        """
}
