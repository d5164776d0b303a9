import Synchronization

/// A value that a test and its server's script both use.
final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    func update(_ change: (inout sending Value) -> Void) { state.withLock { change(&$0) } }
}
