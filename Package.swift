// swift-tools-version: 6.2
import PackageDescription

/// What every target of the house is compiled with.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "box-office",
    platforms: [.macOS(.v15)],
    products: [],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2")
    ],
    targets: [
        // Clients: the three wires, each a library in its own right.

        // Platform: how a service lives.
        .target(name: "Contracts", path: "Sources/Platform/Contracts", swiftSettings: house),
        .target(name: "Cron", path: "Sources/Platform/Cron", swiftSettings: house),

        // Services.

        // Tools.

        // Tests mirror Sources.
        .testTarget(name: "ContractsTests", dependencies: ["Contracts"], path: "Tests/Platform/Contracts", swiftSettings: house),
        .testTarget(name: "CronTests", dependencies: ["Cron"], path: "Tests/Platform/Cron", swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
