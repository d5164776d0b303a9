/// A city in which events of the demo take place.
struct DemoCity: Sendable {
    let name: String
    /// IANA.
    let zone: String
    /// ISO 4217.
    let currency: String
    /// Ticket prices are a small multiple of this, in minor units: a yen has none, a dinar a thousand.
    let unit: Int

    static let all = [
        DemoCity(name: "Berlin", zone: "Europe/Berlin", currency: "EUR", unit: 900),
        DemoCity(name: "New York", zone: "America/New_York", currency: "USD", unit: 1000),
        DemoCity(name: "Tokyo", zone: "Asia/Tokyo", currency: "JPY", unit: 1500),
        DemoCity(name: "Ciudad de México", zone: "America/Mexico_City", currency: "MXN", unit: 18_000),
        DemoCity(name: "Kuwait City", zone: "Asia/Kuwait", currency: "KWD", unit: 3000),
        DemoCity(name: "London", zone: "Europe/London", currency: "GBP", unit: 800),
        DemoCity(name: "Madrid", zone: "Europe/Madrid", currency: "EUR", unit: 900),
        DemoCity(name: "Sydney", zone: "Australia/Sydney", currency: "AUD", unit: 1500),
        DemoCity(name: "Los Angeles", zone: "America/Los_Angeles", currency: "USD", unit: 1000),
        DemoCity(name: "Kathmandu", zone: "Asia/Kathmandu", currency: "NPR", unit: 130_000),
        DemoCity(name: "São Paulo", zone: "America/Sao_Paulo", currency: "BRL", unit: 5000),
    ]
}
