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
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
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
        .target(
            name: "Schedules", dependencies: ["Cron", .product(name: "Yams", package: "Yams")], path: "Sources/Platform/Schedules",
            swiftSettings: house),

        // Services.
        .target(
            name: "TickPublisher", dependencies: ["Cron", "Schedules"], path: "Sources/Services/TickPublisher", exclude: ["Schema"],
            swiftSettings: house),

        // Tools.
        .executableTarget(
            name: "Sandbox",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Tools/Sandbox",
            swiftSettings: house
        ),

        // Tests mirror Sources.
        .testTarget(
            name: "AMQPTests", dependencies: ["AMQP", .product(name: "Logging", package: "swift-log")],
            path: "Tests/Clients/AMQP", swiftSettings: house
        ),
        .testTarget(name: "CronTests", dependencies: ["Cron"], path: "Tests/Platform/Cron", swiftSettings: house),
        .testTarget(name: "SchedulesTests", dependencies: ["Cron", "Schedules"], path: "Tests/Platform/Schedules", swiftSettings: house),
        .testTarget(
            name: "TickPublisherTests", dependencies: ["Cron", "Schedules", "TickPublisher"], path: "Tests/Services/TickPublisher",
            swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
