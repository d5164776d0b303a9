import CCurl

/// One order on its way: sets up a handle, takes in what arrives, and answers whoever waits. Used on the reactor's thread only.
protocol Transfer: AnyObject {
    /// How long it may take.
    var timeout: Duration { get }
    /// Whether its connection has to be cut when it is given up: what libcurl says to take leave would mean something to the other side.
    var mustBeCut: Bool { get }
    /// The other side has refused, so that libcurl closes the connection: it need not wait for an answer to its goodbye.
    var isRefused: Bool { get }
    /// Writes the options of this transfer into a handle that has none. `sockets` is passed on to the socket callbacks.
    func prepare(_ easy: EasyHandle, sockets: UnsafeMutableRawPointer)
    /// Called before a request goes out, so twice when libcurl repeats it on another connection; false ends the transfer.
    func mayBegin() -> Bool
    /// A command went out (SMTP).
    func sent(command: UnsafeRawBufferPointer)
    /// Takes in one line of a header or a reply; false ends the transfer.
    func receive(header: UnsafeRawBufferPointer) -> Bool
    /// Takes in content; false ends the transfer.
    func receive(content: UnsafeRawBufferPointer) -> Bool
    /// Hands out content to send; returns how many bytes, 0 at the end.
    func provide(into buffer: UnsafeMutableRawBufferPointer) -> Int
    /// Whether to do it once more after this end; it has then made itself ready for that.
    func repeats(after code: CURLcode, _ easy: EasyHandle) -> Bool
    /// It ended with this code: answers.
    func finish(_ code: CURLcode, _ easy: EasyHandle)
    /// It ends without one: answers.
    func fail(_ error: CurlError)
}

extension Transfer {
    var mustBeCut: Bool { false }
    var isRefused: Bool { false }

    func sent(command: UnsafeRawBufferPointer) {}
}
