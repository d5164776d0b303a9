import Contracts
import FoundationEssentials
import Platform

extension Payment {
    /// Applies the payment outcome.
    mutating func apply(_ outcome: PaymentOutcome, at now: Date) {
        switch outcome {
        case .processing(let since): (status, submittedAt) = (.processing, min(since, now))
        case .succeeded(let at), .duplicatePayment(let at): (status, paidAt) = (.succeeded, min(at, now))
        case .late(let at): paidAt = min(at, now)
        case .failed(let reason): (status, failedAt, failureReason) = (.failed, now, reason)
        case .review(let reason):
            // The payment is at the gateway, so ``CleanupAbandoned`` must not treat it as never submitted.
            if status == .pending { (status, submittedAt) = (.processing, now) }
            reviewSince = reviewSince ?? now
            reviewReason = reason
        case .unchanged, .open, .disputed: break
        }
    }

    /// Records whether the gateway answers, and the amount that it reports as taken where a person or a refund will
    /// need it.
    mutating func note(_ answer: GatewayAnswer, _ outcome: PaymentOutcome, at now: Date) {
        guard case .transaction(let told) = answer else {
            silentSince = answer.isAnswered ? nil : silentSince ?? now
            if answer.isAnswered, !outcome.isReview { endReview() }
            return
        }
        silentSince = nil
        switch outcome {
        case .review:
            let took = told.status == .success
            (takenAmount, takenCurrency, takenAt) = took ? (told.money.amount, told.money.currency, told.at) : (nil, nil, nil)
        case .late, .duplicatePayment, .succeeded: (amount, currency) = (told.money.amount, told.money.currency)
        case .unchanged, .open, .processing, .failed, .disputed: break
        }
        if !outcome.isReview { endReview() }
    }

    /// Ends the review: no decision is needed any more.
    mutating func endReview() { (reviewSince, reviewReason, takenAmount, takenCurrency, takenAt) = (nil, nil, nil, nil, nil) }

    /// Applies a person's decision: from now on the payment has the amount and currency that the gateway took.
    /// - Returns: the outcome; nil when the same decision was made before.
    /// - Throws: `Unprocessable` when there is nothing to decide, or the decision cannot be carried out.
    mutating func decide(_ decision: PaymentDecided.Decision, bookingIsPaid: Bool, at now: Date) throws(Unprocessable) -> PaymentOutcome? {
        if let invalidReason { throw Unprocessable("payment \(reference): \(invalidReason)") }
        if self.decision == decision { return nil }
        guard reviewReason != nil || status == .succeeded && !fitsBooking else {
            throw Unprocessable("nobody has to decide about payment \(reference): it is \(status)")
        }
        if status.isOpen || decision == .giveBack, let takenAmount, let takenCurrency { (amount, currency) = (takenAmount, takenCurrency) }
        self.decision = decision
        switch (decision, status) {
        case (.accept, .succeeded): return .unchanged
        case (.accept, .pending), (.accept, .processing):
            return bookingIsPaid ? .duplicatePayment(at: takenAt ?? now) : .succeeded(at: takenAt ?? now)
        case (.accept, _): throw Unprocessable("payment \(reference) is \(status), and so is its booking: its money can only go back")
        case (.giveBack, .succeeded):
            throw Unprocessable("payment \(reference) succeeded: its money goes back when a refund of its booking is asked for")
        case (.giveBack, .pending), (.giveBack, .processing): return .failed(reason: "given back")
        case (.giveBack, _): return takenAt.map { .late(at: $0) } ?? .open
        }
    }
}

extension PaymentOutcome {
    /// Whether a person has to decide.
    fileprivate var isReview: Bool {
        if case .review = self { true } else { false }
    }
}
