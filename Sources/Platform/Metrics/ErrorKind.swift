import AMQP
import Contracts
import Curl
import Postgres

/// Where an error comes from: a closed list, since the texts of errors would be a series each.
enum ErrorKind: String, CaseIterable {
    case database
    case broker
    case outside
    /// It breaks its contract.
    case message
    case other

    init(_ error: any Error) {
        switch error {
        case is PostgresError: self = .database
        case is AMQPError: self = .broker
        case is CurlError, is DeliveryFailure: self = .outside
        case is ContractViolation, is Envelope.Unreadable: self = .message
        default: self = .other
        }
    }
}
