import Curl
import FoundationEssentials
import Glibc
import Support
import Synchronization

/// A built executable of ours as a child process.
final class ServiceProcess: Sendable {
    /// Where `/readyz` is.
    let port: Int
    /// What it wrote to standard output and standard error.
    let log: String
    let processID: pid_t
    private let ending = Mutex<Ending?>(nil)

    /// How a process ended.
    enum Ending: Equatable, Sendable {
        case exited(Int32)
        case killed(Int32)
    }

    struct DidNotStart: Error { let program: String, code: Int32 }

    /// Starts `program` with exactly these environment variables.
    init(_ program: String, _ arguments: [String] = [], environment: [String: String], port: Int = 0, log: String) throws {
        self.port = port
        self.log = log
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var argv = ([program] + arguments).map { strdup($0) } + [nil]
        var envp = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, program, &actions, nil, &argv, &envp)
        guard code == 0 else { throw DidNotStart(program: program, code: code) }
        processID = pid
    }

    /// How it ended; nil while it runs.
    var hasEnded: Ending? {
        ending.withLock { ending in
            if ending == nil {
                var status: Int32 = 0
                guard waitpid(processID, &status, WNOHANG) == processID else { return nil }
                ending = status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(status & 0x7F)
            }
            return ending
        }
    }

    /// Waits for its end. The limit is there for hangs: after it the process is killed, and that is how it ended.
    @discardableResult
    func ended(within limit: Duration = .seconds(60)) async throws -> Ending {
        let deadline = ContinuousClock.now + limit
        while true {
            if let ending = hasEnded { return ending }
            if ContinuousClock.now > deadline { signal(SIGKILL) }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    func signal(_ number: Int32) {
        ending.withLock { ending in
            // Never a process that has been waited for: its id may be another's by now.
            if ending == nil { Glibc.kill(processID, number) }
        }
    }

    /// SIGKILL, and gone when it returns.
    func kill() async throws {
        signal(SIGKILL)
        try await ended()
    }

    /// What it wrote so far.
    var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
}

extension ServiceProcess {
    /// How many file descriptors it has open.
    var openFiles: Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(processID)/fd").count) ?? 0 }

    /// From now on it may open this many (prlimit(1)).
    func limitFiles(to count: Int) async throws {
        let program = "/usr/bin/prlimit"
        let change = try ServiceProcess(program, ["--pid", "\(processID)", "--nofile=\(count):\(count)"], environment: [:], log: "/dev/null")
        guard try await change.ended() == .exited(0) else { throw DidNotStart(program: program, code: 0) }
    }

    /// The time that processors have worked for it: fields 14 and 15 of `/proc/<pid>/stat` (proc(5)).
    var processorTime: Duration {
        let stat = (try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)) ?? ""
        let fields = stat.split(separator: " ")
        guard fields.count > 14, let user = Int(fields[13]), let system = Int(fields[14]) else { return .zero }
        return .milliseconds((user + system) * 1000 / sysconf(Int32(_SC_CLK_TCK)))
    }
}
