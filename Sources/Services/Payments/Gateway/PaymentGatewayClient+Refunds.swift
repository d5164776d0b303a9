import Contracts
import Curl
import Platform

extension PaymentGatewayClient {
    /// Requests a refund: `POST /refund`. The gateway pays once per key, however often the request is sent.
    ///
    /// | answer | the refund |
    /// | --- | --- |
    /// | 2xx that reports `processed` for this transaction, amount and currency | is paid |
    /// | the same with `pending` | is accepted |
    /// | the same with `failed`; 4xx with a JSON object that says why | is refused |
    /// | 401, 403 | is requested again: our key is wrong |
    /// | everything else: other 2xx, 408, 409, 425, 429, 5xx, unreadable answers, no answer | is requested again |
    func refund(_ request: RefundRequest, key idempotencyKey: String) async -> RefundAnswer {
        let response: HTTPResponse
        do {
            response = try await send(
                HTTPRequest(
                    .post, url: "\(url)/refund", headers: ["Content-Type": "application/json", "Idempotency-Key": idempotencyKey],
                    body: try WireCoding.encodeJSON(request)))
        } catch {
            // Whatever failed, the gateway may have processed the request.
            return .later("\(error)", after: nil)
        }
        switch response.status {
        case 200..<300: return Self.read(response, to: request)
        case 401, 403: return .later(Self.keyIsRefused(response), after: nil)
        case 400..<500 where ![408, 409, 425, 429].contains(response.status) && Self.saysNo(response): return .refused(Self.refusal(response))
        default: return .later(Self.noAnswer(response), after: response.retryAfter(now: clock.now))
        }
    }

    /// Lists the refunds of a transaction, `GET /refund?transaction={reference}`, and finds the status of one among
    /// them.
    func standing(of refund: RefundPayload) async -> RefundStanding {
        let response: HTTPResponse
        do {
            response = try await send(HTTPRequest(url: "\(url)/refund?transaction=\(refund.transaction.urlEscaped)"))
        } catch {
            return .unknown("\(error)", after: nil)
        }
        switch response.status {
        case 200:
            do {
                let answer = try MessageData(response.body[...])
                guard try answer.boolean("status") else { return .unknown("the gateway answered that it cannot list the refunds", after: nil) }
                let listed = try answer.objects("data", count: 0...10_000).map { entry in
                    GatewayRefund(money: try Money(entry, ignoringCase: true), status: try entry.choice("status"))
                }
                return RefundStanding(of: refund, among: listed)
            } catch {
                return .unknown("the gateway's list of refunds cannot be read: \(error)", after: nil)
            }
        case 401, 403: return .unknown(Self.keyIsRefused(response), after: nil)
        // A transaction that the gateway does not know has no refunds.
        case 404 where Self.saysNo(response): return .absent
        default: return .unknown(Self.noAnswer(response), after: response.retryAfter(now: clock.now))
        }
    }

    private static func read(_ response: HTTPResponse, to request: RefundRequest) -> RefundAnswer {
        do {
            let answer = try MessageData(response.body[...])
            guard try answer.boolean("status") else { return .later("the gateway answered \(response.status), but says no", after: nil) }
            let data = try answer.object("data")
            let told = RefundRequest(transaction: try data.reference("transaction"), money: try Money(data, ignoringCase: true))
            guard told == request else {
                return .later("the gateway answered about \(told), but was asked about \(request)", after: nil)
            }
            switch try data.choice("status") as GatewayRefund.Status {
            case .processed: return .paid
            case .pending: return .accepted
            case .failed: return .refused("the gateway answered that the refund failed")
            }
        } catch {
            return .later("the gateway answered \(response.status), but what it says cannot be read: \(error)", after: nil)
        }
    }
}
