import CCurl
import ClientSupport
import Glibc

/// Carries out transfers: libcurl's multi handle in an epoll set (libcurl-multi(3), "multi_socket").
///
/// Not Sendable: made, used and ended on one thread. libcurl tells which sockets to watch and when to wake up; in return
/// it is called for the sockets on which something happened and for no other, however many transfers wait.
final class Reactor {
    private let commandQueue: CommandQueue<TransferCommand>
    private var commands: [TransferCommand] = []
    private var closers: [CheckedContinuation<Void, Never>] = []
    private var isClosing = false
    private let multi: UnsafeMutableRawPointer
    private let poller: Int32
    /// When libcurl wants to be called for its time-outs, in milliseconds of `now`.
    private var alarm: Int64?
    private var active: [UInt64: EasyHandle] = [:]
    private var idle: [EasyHandle] = []
    private var sockets: Set<Int32> = []
    /// Which transfer uses a socket now; of those that share one (HTTP/2), the last that libcurl named.
    private var users: [Int32: UInt64] = [:]
    private var nextSweep: Int64 = 0

    /// Handles kept over a quiet time; a handle has some 20 KB.
    private static let handlesKept = 8
    /// How long it must be quiet before the others go.
    private static let quietTime: Int64 = 5_000
    /// How often deadlines are looked after: libcurl keeps those of transfers that have a connection, but not of those that wait for one.
    private static let sweepInterval: Int64 = 250

    init?(_ commandQueue: CommandQueue<TransferCommand>, maximumConnections: Int, maximumConnectionsPerHost: Int) {
        guard let multi = curl_multi_init() else { return nil }
        self.commandQueue = commandQueue
        self.multi = multi
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard poller >= 0, watch(commandQueue.descriptor, EPOLLIN.rawValue) else { return nil }
        // The address is good until `close`, which ends the multi handle on this thread.
        ccurl_multi_set_callbacks(multi, onSocket, onTimer, Unmanaged.passUnretained(self).toOpaque())
        ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, maximumConnections)
        ccurl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, maximumConnections)
        ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, maximumConnectionsPerHost)
    }

    /// Works until it is told to close.
    func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 128)
        var running: Int32 = 0
        while !isClosing {
            let timeout = commandQueue.prepareToSleep() ? timeToWait() : 0
            let count = Int(epoll_wait(poller, &events, Int32(events.count), timeout))
            for event in events.prefix(max(0, count)) {
                if event.data.fd == commandQueue.descriptor {
                    commandQueue.resetWakeUp()
                } else {
                    curl_multi_socket_action(multi, event.data.fd, Self.directions(event.events), &running)
                }
            }
            commandQueue.take(into: &commands)
            for command in commands { perform(command) }
            if let alarm, alarm <= Self.now {
                self.alarm = nil
                curl_multi_socket_action(multi, -1, 0, &running)
            }
            finishEnded()
            sweep()
            if count == 0, active.isEmpty, idle.count > Self.handlesKept { idle.removeLast(idle.count - Self.handlesKept) }
        }
        close()
    }

    private func perform(_ command: TransferCommand) {
        switch command {
        case .begin(let request, let id): begin(request, id)
        case .cancel(let id): abandon(id, .cancelled)
        case .close(let closer):
            isClosing = true
            if let closer { closers.append(closer) }
        }
    }

    private func begin(_ request: TransferRequest, _ id: UInt64) {
        guard let easy = idle.popLast() ?? EasyHandle() else { return request.fail(.failed(code: 27, "out of memory")) }
        let transfer = request.makeTransfer()
        easy.transfer = transfer
        easy.id = id
        easy.reactor = self
        easy.deadline = Self.now + Int64(transfer.timeout.curlMilliseconds)
        active[id] = easy
        start(easy, transfer)
    }

    private func start(_ easy: EasyHandle, _ transfer: any Transfer) {
        transfer.prepare(easy, sockets: Unmanaged.passUnretained(self).toOpaque())
        let code = curl_multi_add_handle(multi, easy.raw)
        if code != CURLM_OK { abandon(easy.id, .failed(code: Int(code.rawValue), String(cString: curl_multi_strerror(code)))) }
    }

    private func finishEnded() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            let code = message.pointee.data.result
            var address: UnsafeMutableRawPointer?
            guard message.pointee.msg == CURLMSG_DONE, let raw = message.pointee.easy_handle,
                ccurl_get_pointer(raw, CURLINFO_PRIVATE, &address) == CURLE_OK, let address
            else { continue }
            let easy = Unmanaged<EasyHandle>.fromOpaque(address).takeUnretainedValue()
            guard let transfer = easy.transfer else { continue }
            if transfer.repeats(after: code, easy) {
                curl_multi_remove_handle(multi, easy.raw)
                easy.reset()
                easy.transfer = transfer
                start(easy, transfer)
            } else {
                transfer.finish(code, easy)
                put(away: easy)
            }
        }
    }

    /// Breaks off a transfer; the others go on.
    private func abandon(_ id: UInt64, _ error: CurlError) {
        guard let easy = active[id] else { return }
        // libcurl ends the text of a mail that it is told to forget with a dot, and the server takes what it has got for a whole mail.
        if easy.transfer?.mustBeCut == true { shutDown(easy, SHUT_RDWR) }
        easy.transfer?.fail(error)
        put(away: easy)
    }

    /// Ends reading from (`SHUT_RD`), or all traffic of (`SHUT_RDWR`), the connection that a transfer uses.
    func shutDown(_ easy: EasyHandle, _ how: Int) {
        for (socket, user) in users where user == easy.id { shutdown(socket, Int32(how)) }
    }

    private func put(away easy: EasyHandle) {
        active[easy.id] = nil
        curl_multi_remove_handle(multi, easy.raw)
        easy.reset()
        idle.append(easy)
    }

    private func sweep() {
        guard !active.isEmpty, Self.now >= nextSweep else { return }
        nextSweep = Self.now + Self.sweepInterval
        for (id, easy) in active where easy.deadline <= Self.now { abandon(id, .timedOut) }
    }

    private func timeToWait() -> Int32 {
        let now = Self.now
        var wait: Int64 = -1
        if let alarm { wait = max(0, alarm - now) }
        if !active.isEmpty { wait = min(wait < 0 ? .max : wait, max(0, nextSweep - now)) }
        if wait < 0, idle.count > Self.handlesKept { wait = Self.quietTime }
        return Int32(min(wait, Int64(Int32.max)))
    }

    private func close() {
        for id in Array(active.keys) { abandon(id, .closed) }
        idle = []
        // libcurl says goodbye to mail servers and waits for their answer. There is none to wait for when reading is over.
        for socket in sockets { shutdown(socket, Int32(SHUT_RD)) }
        curl_multi_cleanup(multi)
        Glibc.close(poller)
        for closer in closers { closer.resume() }
    }
}

extension Reactor {
    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    private static func directions(_ events: UInt32) -> Int32 {
        var directions: Int32 = 0
        if events & (EPOLLIN.rawValue | EPOLLHUP.rawValue) != 0 { directions |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { directions |= CURL_CSELECT_OUT }
        if events & EPOLLERR.rawValue != 0 { directions |= CURL_CSELECT_ERR }
        return directions
    }

    @discardableResult
    private func watch(_ descriptor: Int32, _ events: UInt32) -> Bool {
        var event = epoll_event()
        event.events = events
        event.data.fd = descriptor
        // A socket that was closed has left the set by itself, and its number may be a new socket's.
        return epoll_ctl(poller, EPOLL_CTL_MOD, descriptor, &event) == 0 || epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    fileprivate func watch(_ socket: Int32, what: Int32, for easy: EasyHandle?) {
        users[socket] = what == CURL_POLL_REMOVE ? nil : easy?.id
        switch what {
        case CURL_POLL_REMOVE:
            var event = epoll_event()
            epoll_ctl(poller, EPOLL_CTL_DEL, socket, &event)
        case CURL_POLL_IN: watch(socket, EPOLLIN.rawValue)
        case CURL_POLL_OUT: watch(socket, EPOLLOUT.rawValue)
        default: watch(socket, EPOLLIN.rawValue | EPOLLOUT.rawValue)
        }
    }

    fileprivate func setAlarm(in milliseconds: Int) {
        // One more: the clock above has cut off a part of a millisecond, and an early call would be for nothing.
        alarm = milliseconds < 0 ? nil : Self.now + Int64(milliseconds) + (milliseconds > 0 ? 1 : 0)
    }

    fileprivate func open(_ address: curl_sockaddr) -> Int32 {
        let opened = Glibc.socket(address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
        if opened >= 0 { sockets.insert(opened) }
        return opened
    }

    fileprivate func close(_ socket: Int32) -> Int32 {
        sockets.remove(socket)
        users[socket] = nil
        return Glibc.close(socket)
    }
}

// The callbacks run inside calls of libcurl on the reactor's thread; the reactor outlives its multi handle.

private func reactor(_ context: UnsafeMutableRawPointer?) -> Reactor? {
    context.map { Unmanaged<Reactor>.fromOpaque($0).takeUnretainedValue() }
}

private let onSocket: curl_socket_callback = { raw, socket, what, context, _ in
    var address: UnsafeMutableRawPointer?
    if let raw { ccurl_get_pointer(raw, CURLINFO_PRIVATE, &address) }
    reactor(context)?.watch(socket, what: what, for: address.map { Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() })
    return 0
}

private let onTimer: curl_multi_timer_callback = { _, milliseconds, context in
    reactor(context)?.setAlarm(in: milliseconds)
    return 0
}

/// For `CURLOPT_OPENSOCKETFUNCTION`.
let openSocket: curl_opensocket_callback = { context, _, address in
    guard let address else { return -1 }
    return reactor(context)?.open(address.pointee) ?? -1
}

/// For `CURLOPT_CLOSESOCKETFUNCTION`.
let closeSocket: curl_closesocket_callback = { context, socket in
    reactor(context)?.close(socket) ?? -1
}
