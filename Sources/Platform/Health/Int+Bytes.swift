import FoundationEssentials

extension Int {
    /// A number of bytes for people: `1.3 GB`.
    public var asBytes: String {
        let units = ["bytes", "kB", "MB", "GB", "TB"]
        var (value, unit) = (Double(self), 0)
        while abs(value) >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
        return unit == 0 ? "\(self) bytes" : "\((value * 10).rounded() / 10) \(units[unit])"
    }
}
