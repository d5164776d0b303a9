import CCurl
import ClientSupport
import Glibc

/// One easy handle of libcurl, used again and again for one transfer after the other.
///
/// Not Sendable: it belongs to its reactor's thread. Its callbacks find it by address, so it outlives its place in the multi handle.
final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    /// What it is carrying out.
    var transfer: (any Transfer)?
    /// Which order that is.
    var id: UInt64 = 0
    /// Whose multi handle it is in.
    weak var reactor: Reactor?
    /// When the reactor gives up on it, in its own milliseconds.
    var deadline: Int64 = 0
    private let errorText: UnsafeMutablePointer<CChar>
    private var lists: [UnsafeMutablePointer<curl_slist>] = []

    init?() {
        guard let raw = curl_easy_init() else { return nil }
        self.raw = raw
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(raw)
        freeLists()
        errorText.deallocate()
    }

    /// Forgets the transfer and all its options; open connections stay with the multi handle.
    func reset() {
        curl_easy_reset(raw)
        transfer = nil
        freeLists()
        errorText[0] = 0
    }

    private func freeLists() {
        lists.forEach { curl_slist_free_all($0) }
        lists = []
    }

    func set(_ option: CURLoption, _ value: Int) { _ = ccurl_set_long(raw, option, value) }
    func set(_ option: CURLoption, _ value: String) { _ = ccurl_set_string(raw, option, value) }
    func set(_ option: CURLoption, offset: Int) { _ = ccurl_set_offset(raw, option, curl_off_t(offset)) }
    func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer?) { _ = ccurl_set_pointer(raw, option, pointer) }

    /// Content that libcurl copies.
    func set(content: [UInt8]) {
        ccurl_set_offset(raw, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(content.count))
        content.withUnsafeBytes { bytes in
            _ = bytes.baseAddress.map { ccurl_set_bytes(raw, CURLOPT_COPYPOSTFIELDS, $0) } ?? ccurl_set_string(raw, CURLOPT_COPYPOSTFIELDS, "")
        }
    }

    func set(_ option: CURLoption, _ values: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for value in values {
            guard let longer = curl_slist_append(list, value) else { break }
            list = longer
        }
        if let list {
            lists.append(list)
            set(option, pointer: UnsafeMutableRawPointer(list))
        }
    }

    /// What every transfer has in common: limits, TLS rules, callbacks.
    func setCommon(host: String, timeout: Duration, connectTimeout: Duration, caFile: String?, sockets: UnsafeMutableRawPointer) {
        let me = Unmanaged.passUnretained(self).toOpaque()
        set(CURLOPT_PRIVATE, pointer: me)
        set(CURLOPT_ERRORBUFFER, pointer: UnsafeMutableRawPointer(errorText))
        set(CURLOPT_NOSIGNAL, 1)
        // A transfer that ends while a name is looked up does not wait for the resolver: that would hold up all others.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TIMEOUT_MS, timeout.curlMilliseconds)
        set(CURLOPT_CONNECTTIMEOUT_MS, min(connectTimeout, timeout).curlMilliseconds)
        // An empty proxy also hides the proxy variables of the environment.
        if host.isLoopback { set(CURLOPT_PROXY, "") }
        set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        if let caFile {
            set(CURLOPT_CAINFO, caFile)
            _ = ccurl_set_string(raw, CURLOPT_CAPATH, nil)
        }
        ccurl_set_data_callback(raw, CURLOPT_HEADERFUNCTION, receiveHeader)
        set(CURLOPT_HEADERDATA, pointer: me)
        ccurl_set_data_callback(raw, CURLOPT_WRITEFUNCTION, receiveContent)
        set(CURLOPT_WRITEDATA, pointer: me)
        ccurl_set_data_callback(raw, CURLOPT_READFUNCTION, provideContent)
        set(CURLOPT_READDATA, pointer: me)
        ccurl_set_before_request(raw, beforeRequest)
        set(CURLOPT_PREREQDATA, pointer: me)
        ccurl_set_open_socket(raw, openSocket)
        set(CURLOPT_OPENSOCKETDATA, pointer: sockets)
        ccurl_set_close_socket(raw, closeSocket)
        set(CURLOPT_CLOSESOCKETDATA, pointer: sockets)
    }

    /// Tells the transfer of the commands that libcurl sends.
    func watchCommands() {
        set(CURLOPT_VERBOSE, 1)
        ccurl_set_debug(raw, observe)
        set(CURLOPT_DEBUGDATA, pointer: Unmanaged.passUnretained(self).toOpaque())
    }

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        ccurl_get_long(raw, info, &value)
        return value
    }

    func string(_ info: CURLINFO) -> String? {
        var value: UnsafePointer<CChar>?
        ccurl_get_string(raw, info, &value)
        return value.map { String(cString: $0) }
    }

    /// libcurl's own words for what went wrong.
    func explanation(_ code: CURLcode) -> String {
        errorText[0] != 0 ? String(cString: errorText) : String(cString: curl_easy_strerror(code))
    }
}

extension Duration {
    /// At least 1 (to libcurl 0 means for ever) and at most what fits into libcurl's own arithmetic.
    var curlMilliseconds: Int { Int(min(max(1, milliseconds), Int64(Int32.max))) }
}

// The callbacks run on the reactor's thread, inside a call of libcurl, with the address of a handle that the reactor keeps.

private func handle(_ context: UnsafeMutableRawPointer?) -> EasyHandle? {
    context.map { Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() }
}

private let receiveHeader: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let easy = handle(context), let transfer = easy.transfer else { return 0 }
    guard transfer.receive(header: UnsafeRawBufferPointer(start: bytes, count: size * count)) else { return 0 }
    if transfer.isRefused { easy.reactor?.shutDown(easy, SHUT_RD) }
    return size * count
}

private let receiveContent: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let transfer = handle(context)?.transfer else { return 0 }
    return transfer.receive(content: UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

private let provideContent: curl_write_callback = { buffer, size, count, context in
    guard let buffer, let transfer = handle(context)?.transfer else { return Int(CURL_READFUNC_ABORT) }
    return transfer.provide(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
}

private let observe: curl_debug_callback = { _, kind, bytes, count, context in
    if kind == CURLINFO_HEADER_OUT, let bytes { handle(context)?.transfer?.sent(command: UnsafeRawBufferPointer(start: bytes, count: count)) }
    return 0
}

private let beforeRequest: curl_prereq_callback = { context, _, _, _, _ in
    guard let transfer = handle(context)?.transfer else { return CURL_PREREQFUNC_ABORT }
    return transfer.mayBegin() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}
