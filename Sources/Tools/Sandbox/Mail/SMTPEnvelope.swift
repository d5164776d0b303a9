/// One mail transaction under way: from MAIL to the answer to its text.
struct SMTPEnvelope {
    let sender: String
    var recipients: [String] = []
    /// Its number in the journal.
    let number: Int
    /// Code of the last answer that concerned it.
    var status: Int
    var fault: Int?
}
