// swift-tools-version: 6.2
import PackageDescription

/// What every target of the house is compiled with.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

/// A service: its folder is its domain, its product the executable.
func service(_ folder: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = ["Schema"], embeds: Bool = false) -> Target {
    .executableTarget(
        name: folder, dependencies: ["Platform", "Contracts", "Postgres"] + dependencies, path: "Sources/Services/\(folder)",
        exclude: exclude, swiftSettings: house, plugins: embeds ? ["EmbedFiles"] : [])
}

/// Tests mirror the folder they test.
func tests(_ name: String, _ path: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(path)", exclude: exclude, swiftSettings: house)
}

let package = Package(
    name: "box-office",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "AMQP", targets: ["AMQP"]),
        .library(name: "Postgres", targets: ["Postgres"]),
        .library(name: "Curl", targets: ["Curl"]),
        .executable(name: "tick-publisher", targets: ["TickPublisher"]),
        .executable(name: "tickets-cache", targets: ["TicketsCache"]),
        .executable(name: "loyalty-notifier", targets: ["LoyaltyNotifier"]),
        .executable(name: "payments", targets: ["Payments"]),
        .executable(name: "bookings", targets: ["Bookings"]),
        .executable(name: "events", targets: ["Events"]),
        .executable(name: "marketing", targets: ["Marketing"]),
        .executable(name: "analytics", targets: ["Analytics"]),
        .executable(name: "maintenance", targets: ["Maintenance"]),
        .executable(name: "console", targets: ["Console"]),
        .executable(name: "sandbox", targets: ["Sandbox"]),
        .executable(name: "boxoffice", targets: ["BoxOffice"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        // No Foundation, no configuration reader: a service stays small.
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // What the clients have in common; no product of its own.
        .target(name: "CivilCalendar", path: "Sources/Clients/CivilCalendar", swiftSettings: house),
        .systemLibrary(name: "CLinux", path: "Sources/Clients/CLinux"),
        .target(name: "ClientSupport", dependencies: ["CLinux"], path: "Sources/Clients/ClientSupport", swiftSettings: house),

        // Clients of C libraries, each a library in its own right.
        .target(
            name: "CRabbitMQ", path: "Sources/Clients/CRabbitMQ",
            linkerSettings: [.linkedLibrary("rabbitmq"), .linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .target(name: "AMQP", dependencies: ["ClientSupport", "CRabbitMQ", deque, logging], path: "Sources/Clients/AMQP", swiftSettings: house),
        .systemLibrary(name: "CPostgres", path: "Sources/Clients/CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "Postgres", dependencies: ["CivilCalendar", "ClientSupport", "CPostgres", deque, logging], path: "Sources/Clients/Postgres",
            swiftSettings: house),
        .systemLibrary(name: "CCurl", path: "Sources/Clients/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", path: "Sources/Clients/COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .target(
            name: "Curl", dependencies: ["CCurl", "CivilCalendar", "ClientSupport", logging], path: "Sources/Clients/Curl", swiftSettings: house),
        .systemLibrary(name: "CYAML", path: "Sources/Clients/CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(name: "YAML", dependencies: ["CYAML"], path: "Sources/Clients/YAML", swiftSettings: house),

        // Platform: how a service lives.
        .target(name: "Cron", dependencies: ["CivilCalendar"], path: "Sources/Platform/Cron", swiftSettings: house),
        .target(name: "Digests", dependencies: ["COpenSSL", "Contracts"], path: "Sources/Platform/Digests", swiftSettings: house),
        .target(name: "Contracts", dependencies: ["CivilCalendar"], path: "Sources/Platform/Contracts", swiftSettings: house),
        .target(name: "Schedules", dependencies: ["Cron", "YAML"], path: "Sources/Platform/Schedules", swiftSettings: house),

        .systemLibrary(name: "CBuildVersion", path: "Sources/Platform/CBuildVersion"),
        .plugin(name: "BuildVersionPlugin", capability: .buildTool, path: "Plugins/BuildVersion", exclude: ["version"]),
        .target(
            name: "BuildVersion", path: "Sources/Platform/BuildVersion", exclude: ["README.md"], swiftSettings: house,
            plugins: ["BuildVersionPlugin"]),
        .target(name: "BuildInfo", dependencies: ["CBuildVersion", "BuildVersion"], path: "Sources/Platform/BuildInfo", swiftSettings: house),
        .systemLibrary(name: "CMalloc", path: "Sources/Platform/CMalloc"),
        .target(
            name: "Platform",
            dependencies: [
                "BuildInfo", "CMalloc", "CivilCalendar", "ClientSupport", "AMQP", "Postgres", "Curl", "Contracts", "Cron",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Metrics", package: "swift-metrics"),
                deque, lifecycle, logging,
            ],
            path: "Sources/Platform",
            exclude: [
                "BuildInfo", "BuildVersion", "CBuildVersion", "CMalloc", "Cron", "Contracts", "Digests", "Schedules", "Schema", "embed.list",
                "Delivery/Mail/Languages", "Delivery/Mail/Partials", "Delivery/Mail/Templates", "Delivery/Mail/layout.html.mustache",
                "Delivery/Mail/layout.text.mustache",
            ],
            sources: ["Alerts", "Delivery", "Health", "Heartbeats", "Jobs", "Messaging", "Metrics", "Operations", "Service", "Settings", "Work"],
            swiftSettings: house,
            plugins: ["EmbedFiles"]),

        // Services.
        service(
            "TickPublisher", ["AMQP", "Cron", "Schedules", .product(name: "Metrics", package: "swift-metrics"), lifecycle, logging],
            exclude: ["Schema", "embed.list"], embeds: true),
        service("TicketsCache", ["Curl", "Digests", logging]),
        service("LoyaltyNotifier", exclude: ["Schema", "Languages", "embed.list"], embeds: true),
        service("Payments", ["Cron", "Curl"]),
        service("Bookings", ["Cron"], exclude: ["Schema", "Mail", "embed.list"], embeds: true),
        service("Marketing", ["Cron", "Digests"], exclude: ["Schema", "Mail", "Unsubscribe/Page", "embed.list"], embeds: true),
        service("Analytics", ["CivilCalendar", "Cron"], exclude: ["Schema", "Mail", "embed.list"], embeds: true),
        service(
            "Maintenance", ["AMQP", "CivilCalendar", "ClientSupport", "Cron", lifecycle, logging], exclude: ["Mail", "embed.list"], embeds: true),
        service(
            "Console", ["AMQP", "ClientSupport", "Cron", "Digests", lifecycle, logging], exclude: ["Schema", "Pages/Views", "Assets", "embed.list"],
            embeds: true),
        service("Events", ["Cron"], exclude: ["Schema", "Mail", "embed.list"], embeds: true),

        // Tools.
        .executableTarget(name: "embed-files", path: "Sources/Tools/EmbedFilesTool", swiftSettings: house),
        .plugin(name: "EmbedFiles", capability: .buildTool, dependencies: ["embed-files"], path: "Plugins/EmbedFiles"),
        .target(
            name: "Migrations", dependencies: ["Postgres"], path: "Sources/Tools/Migrations", exclude: ["Schema", "embed.list"], swiftSettings: house,
            plugins: ["EmbedFiles"]),
        .executableTarget(
            name: "Sandbox",
            dependencies: [
                "BuildInfo", "CivilCalendar", "COpenSSL", "Curl", "Platform", deque,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                lifecycle, logging,
            ],
            path: "Sources/Tools/Sandbox", exclude: ["README.md"], swiftSettings: house),

        .executableTarget(
            name: "BoxOffice",
            dependencies: [
                "AMQP", "BuildInfo", "CivilCalendar", "Contracts", "Cron", "Curl", "Digests", "Migrations", "Platform", "Postgres", "Schedules",
                "YAML",
                .product(name: "ArgumentParser", package: "swift-argument-parser"), logging,
            ],
            path: "Sources/Tools/BoxOffice", exclude: ["embed.list"], swiftSettings: house, plugins: ["EmbedFiles"]),

        // Tests mirror Sources.
        .target(
            name: "Support",
            dependencies: ["AMQP", "Contracts", "Cron", "Curl", "Migrations", "Platform", "Postgres", "Sandbox", "Schedules", lifecycle, logging],
            path: "Tests/Support", swiftSettings: house),
        tests("ClientSupportTests", "Clients/ClientSupport", ["CivilCalendar", "ClientSupport"]),
        tests("AMQPTests", "Clients/AMQP", ["AMQP", "ClientSupport", logging]),
        tests("PostgresTests", "Clients/Postgres", ["ClientSupport", "Postgres", logging]),
        .testTarget(
            name: "CurlTests", dependencies: ["Curl", logging], path: "Tests/Clients/Curl", resources: [.copy("Peers")], swiftSettings: house),
        tests("YAMLTests", "Clients/YAML", ["YAML"]),
        tests("ContractsTests", "Platform/Contracts", ["Contracts", "Platform"]),
        tests("CronTests", "Platform/Cron", ["CivilCalendar", "Cron"]),
        tests("DigestsTests", "Platform/Digests", ["Contracts", "Digests"]),
        tests(
            "PlatformTests", "Platform",
            ["AMQP", "Contracts", "Platform", "Postgres", "Support", .product(name: "CoreMetrics", package: "swift-metrics"), logging],
            exclude: ["Contracts", "Cron", "Digests", "Schedules"]),
        tests("SchedulesTests", "Platform/Schedules", ["Cron", "Schedules"]),
        tests(
            "TickPublisherTests", "Services/TickPublisher",
            ["TickPublisher", "AMQP", "Contracts", "Cron", "Platform", "Postgres", "Schedules", "Support"]),
        tests("LoyaltyNotifierTests", "Services/LoyaltyNotifier", ["LoyaltyNotifier", "Contracts", "Platform", "Postgres", "AMQP", "Support"]),
        tests("TicketsCacheTests", "Services/TicketsCache", ["TicketsCache", "Contracts", "Platform", "Postgres", "Support"]),
        tests("PaymentsTests", "Services/Payments", ["Payments", "Contracts", "Platform", "Postgres", "AMQP", "Support"]),
        tests("BookingsTests", "Services/Bookings", ["Bookings", "Contracts", "Cron", "Platform", "Postgres", "AMQP", "Support"]),
        tests("MarketingTests", "Services/Marketing", ["Marketing", "AMQP", "Contracts", "Curl", "Platform", "Postgres", "Support"]),
        tests(
            "ConsoleTests", "Services/Console",
            ["Bookings", "Console", "TickPublisher", "Contracts", "Curl", "Digests", "Platform", "Postgres", "AMQP", "Support"],
            exclude: ["Browser"]),
        tests("MaintenanceTests", "Services/Maintenance", ["Maintenance", "Contracts", "Platform", "Postgres", "Support"]),
        tests("AnalyticsTests", "Services/Analytics", ["Analytics", "AMQP", "Contracts", "Cron", "Platform", "Postgres", "Support"]),
        tests("EventsTests", "Services/Events", ["Events", "Contracts", "Platform", "Postgres", "AMQP", "Support"]),
        tests(
            "ScenariosTests", "Scenarios",
            [
                "Analytics", "Bookings", "Events", "LoyaltyNotifier", "Maintenance", "Marketing", "Payments", "TicketsCache", "AMQP", "Contracts",
                "Platform", "Postgres", "Support",
            ]),
        tests(
            "FaultsTests", "Faults",
            [
                "Bookings", "BuildInfo", "Events", "LoyaltyNotifier", "Payments", "TicketsCache", "AMQP", "Contracts", "Curl", "Migrations",
                "Platform",
                "Postgres", "Support", logging,
            ]),
        tests(
            "BoxOfficeTests", "Tools/BoxOffice",
            [
                "AMQP", "Analytics", "Bookings", "BuildInfo", "BoxOffice", "Console", "Contracts", "Digests", "Events", "LoyaltyNotifier",
                "Maintenance", "Marketing",
                "Migrations", "Payments",
                "Platform",
                "Postgres",
                "Support",
                "TicketsCache",
            ],
            exclude: ["Browser"]),
        tests(
            "DeployTests", "Deploy",
            [
                "Analytics", "Bookings", "Console", "Contracts", "Cron", "Events", "LoyaltyNotifier", "Maintenance", "Marketing", "Payments",
                "Platform",
                "Sandbox", "Schedules", "TickPublisher",
                "TicketsCache",
            ],
            exclude: ["expectations.bash", "private-servers", "stand-in", "up-and-down"]),
        tests("MigrationsTests", "Tools/Migrations", ["Contracts", "Migrations", "Payments", "Platform", "Postgres", "Support", "TickPublisher"]),
        tests(
            "SandboxTests", "Tools/Sandbox",
            [
                "COpenSSL", "Platform", "Sandbox", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), lifecycle, logging,
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// What others wrote, and nothing of ours: an image compiles it in a layer of its own, which a change of our sources leaves as it is.
if Context.environment["ONLY_DEPENDENCIES"] != nil {
    let external = package.targets.filter { $0.type != .test }.flatMap(\.dependencies).filter { dependency in
        if case .productItem = dependency { true } else { false }
    }
    package.targets = [.target(name: "Dependencies", dependencies: external, path: "Deploy/docker/Dependencies")]
    package.products = []
}

// An image is made without the tests: they do not make it new.
if Context.environment["WITHOUT_TESTS"] != nil { package.targets.removeAll { $0.path?.hasPrefix("Tests/") == true } }
