import Contracts
import FoundationEssentials

/// A booking of the demo, in the form of `bookings.bookings`.
struct DemoBooking: Sendable, Equatable {
    /// Also its id.
    let number: Int
    let reference: String
    var userId: Int
    var eventId: Int
    let quantity: Int
    let totalAmount: Int
    let currency: String
    var status = BookingStatus.pending
    var createdAt: Date
    var confirmedAt: Date?
    var cancelledAt: Date?
    var cancellationReason: String?
    var confirmationSent = false
    var remindedAt: Date?
    var remindedEarlyAt: Date?
    var followUpSent = false
    var refundRequestedAt: Date?
    var refundAmount: Int?
    var refundApprovedAt: Date?
    var refundProcessed = false
    var refundDenialReason: String?
    var refundedAt: Date?
    var refundFailure: String?

    /// Six unambiguous letters and digits. A bijection of the number, so two bookings never have the same one.
    static func reference(_ number: Int, seed: Int) -> String {
        let letters = Array("23456789ABCDEFGHJKLMNPQRSTUVWXYZ".utf8)
        let mask: UInt64 = (1 << 30) - 1
        // An odd factor has an inverse modulo 2^30, and so has an exclusive or.
        var rest = UInt64(truncatingIfNeeded: number) &* 0x2C_1B_3C_6D & mask ^ (UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B1 & mask)
        var text: [UInt8] = []
        for _ in 0..<6 {
            text.append(letters[Int(rest & 31)])
            rest >>= 5
        }
        return String(decoding: text, as: UTF8.self)
    }
}
