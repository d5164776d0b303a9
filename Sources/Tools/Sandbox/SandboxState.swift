import Synchronization

/// The state of the sandbox: the stubs, their received requests, and the active faults.
package final class SandboxState: Sendable {
    /// The ports on which the servers listen; 0 until they do.
    package struct Ports: Sendable {
        package var http = 0
        package var smtp = 0
    }

    let bytemark = BytemarkStub()
    let gateway: PaymentGatewayStub
    let push: PushStub
    let mailbox: Mailbox
    let faults = Faults()
    let journals: RequestLogs
    private let listening = Mutex(Ports())

    package init(_ settings: Settings) {
        gateway = PaymentGatewayStub(keep: settings.keep, key: settings.gatewayKey)
        push = PushStub(keep: settings.keep, key: settings.pushKey)
        mailbox = Mailbox(keep: settings.keep)
        journals = RequestLogs(keep: settings.keep)
    }

    package var ports: Ports { listening.withLock { $0 } }

    func listens(_ change: @Sendable (inout Ports) -> Void) {
        listening.withLock { change(&$0) }
    }

    /// Resets stubs to their initial state: data, effects, faults, latency, request log and counts.
    func reset(_ parts: Set<StubID>) {
        faults.remove(parts: parts)
        for part in parts {
            faults.setLatency(.zero, of: part)
            journals[part].reset()
            switch part {
            case .bytemark: bytemark.reset()
            case .gateway: gateway.reset()
            case .push: push.reset()
            case .smtp: mailbox.reset()
            }
        }
    }
}
