/// The journal of each part.
struct Journals: Sendable {
    private let bytemark: PartJournal
    private let gateway: PartJournal
    private let push: PartJournal
    private let smtp: PartJournal

    init(keep: Int) {
        bytemark = PartJournal(part: .bytemark, keep: keep)
        gateway = PartJournal(part: .gateway, keep: keep)
        push = PartJournal(part: .push, keep: keep)
        smtp = PartJournal(part: .smtp, keep: keep)
    }

    subscript(_ part: Part) -> PartJournal {
        switch part {
        case .bytemark: bytemark
        case .gateway: gateway
        case .push: push
        case .smtp: smtp
        }
    }
}
