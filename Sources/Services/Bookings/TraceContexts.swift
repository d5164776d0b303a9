import Contracts
import Platform

extension Sequence {
    /// The traces of the messages, by their subject.
    func causes<M: Message>(of subject: KeyPath<M, Int>) -> [Int: TraceContext] where Element == Incoming<M> {
        var causes: [Int: TraceContext] = [:]
        for message in self { causes[message.data[keyPath: subject]] = message.trace }
        return causes
    }
}
