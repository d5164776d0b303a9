/// The current mail transaction: from MAIL to the answer to its text.
struct SMTPEnvelope {
    let sender: String
    var recipients: [String] = []
    /// Its number in the request log.
    let number: Int
    /// The code of its last reply.
    var status: Int
    var fault: Int?
}
