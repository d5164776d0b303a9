/// The organizers of the demo.
enum DemoOrganizer {
    /// The name of the organizer with this id.
    static func name(_ number: Int) -> String {
        let round = (number - 1) / names.count
        return names[(number - 1) % names.count] + (round == 0 ? "" : " \(round + 1)")
    }

    private static let names = [
        "Harbour Stage", "Lantern Concerts", "Teatro Nómada", "Kleine Bühne e. V.", "Rising Sun Events", "Gulf Nights", "Red Curtain",
        "Southern Cross Live",
        "Hollywood Matinee", "Himalaya Sounds", "Palco Aberto", "Círculo de Danza", "City Derby", "Cellar Comedy", "Cathedral Choir", "Market Square",
        "Marathon Club", "Code & Coffee", "Silver Screen", "Brass United",
    ]
}
