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
    products: [
        .library(name: "AMQP", targets: ["AMQP"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2")
    ],
    targets: [
        // Clients: the three wires, each a library in its own right.
        .target(
            name: "CRabbitMQ", path: "Sources/Clients/CRabbitMQ",
            linkerSettings: [.linkedLibrary("rabbitmq"), .linkedLibrary("ssl"), .linkedLibrary("crypto")]
        ),
        .target(
            name: "AMQP", dependencies: ["CRabbitMQ", .product(name: "Logging", package: "swift-log")],
            path: "Sources/Clients/AMQP", swiftSettings: house
        ),

        // Platform: how a service lives.
        .target(name: "Cron", path: "Sources/Platform/Cron", swiftSettings: house),

        // Services.

        // Tools.

        // Tests mirror Sources.
        .testTarget(
            name: "AMQPTests", dependencies: ["AMQP", "CRabbitMQ", .product(name: "Logging", package: "swift-log")],
            path: "Tests/Clients/AMQP", swiftSettings: house
        ),
        .testTarget(name: "CronTests", dependencies: ["Cron"], path: "Tests/Platform/Cron", swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
