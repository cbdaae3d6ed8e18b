// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours is compiled alike: warnings are errors, but a deprecation in a newer toolchain is not.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .warning),
]

/// What is installed exports nothing, so that 5 MB less are mapped and no library looks among our symbols for its own;
/// and the toolchain's own linker links it.
let small: [LinkerSetting] = [
    .unsafeFlags(
        ["-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-z", "-Xlinker", "nostart-stop-gc"],
        .when(platforms: [.linux], configuration: .release))
]

/// A room of the house (docs/architecture.md). It can import only what stands in `dependencies`.
func room(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["GuildTestSupport"], exclude: exclude, swiftSettings: strict)
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP: Target.Dependency = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "guild",
    products: [.executable(name: "guild", targets: ["guild"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),

        room("GuildDomain", [crypto]),
        room("GuildCodex", ["GuildDomain", "CLibGit2", "CLinux", crypto, yams, logging]),
        room("GuildLedger", ["GuildDomain", "CLinux", "CSQLite", "CZstd", crypto]),
        room("GuildWork", ["GuildDomain", "GuildLedger", lifecycle, logging]),
        room("GuildTransport", ["GuildDomain", "CLibCurl"]),
        room(
            "GuildHTTP",
            [
                "GuildDomain", hummingbird, hummingbirdCore, nio, nioHTTP, nioPosix, nioHTTPTypes, nioHTTPTypesHTTP,
                httpTypes, deque, crypto, lifecycle, logging,
            ]),
        room("GuildConnectors", ["GuildDomain", "GuildCodex", "GuildTransport", crypto, logging]),
        room(
            "GuildIngress",
            ["GuildDomain", "GuildCodex", "GuildLedger", "GuildHTTP", "GuildConnectors", logging]),
        room("GuildControl", ["GuildDomain", "GuildCodex", "GuildLedger", "GuildHTTP", mustache, lifecycle, logging]),
        room(
            "GuildRuntime",
            [
                "GuildDomain", "GuildCodex", "GuildLedger", "GuildWork", "GuildTransport", "GuildConnectors", mustache,
                crypto, lifecycle, logging,
            ]),
        room(
            "GuildEgress",
            ["GuildDomain", "GuildCodex", "GuildLedger", "GuildWork", "GuildConnectors", lifecycle, logging]),
        room("GuildBudgets", ["GuildDomain", "GuildCodex", "GuildLedger", "GuildControl", "GuildRuntime"]),
        room(
            "GuildCitadel",
            [
                "GuildDomain", "GuildCodex", "GuildLedger", "GuildTransport", "GuildHTTP", "GuildConnectors",
                "GuildIngress", "GuildControl", "GuildRuntime", "GuildEgress", "GuildBudgets", "CLinux", lifecycle,
                unixSignals, logging,
            ]),
        room(
            "GuildCommands",
            [
                "GuildCitadel", "GuildBudgets", "GuildDomain", "GuildCodex", "GuildLedger", "GuildConnectors",
                "GuildControl", "GuildRuntime", "CLinux", argumentParser, yams, logging,
            ],
            resources: [
                "README.md", "guild.yaml", "agents/greeter.yaml", "prompts/greeter.md", "providers/models.yaml",
                "recordings/greeter.jsonl", "recordings/greeter.expect.yaml",
            ].map { .embedInCode("Starter/\($0)") }),
        .executableTarget(
            name: "guild", dependencies: ["GuildCommands"], swiftSettings: strict, linkerSettings: small),

        // Never installed: the vendors' wire formats on loopback, for the demo, the tests and the benchmarks.
        .executableTarget(
            name: "GuildStandIn",
            dependencies: ["GuildDomain", "GuildHTTP", "GuildTransport", crypto, lifecycle, unixSignals, logging],
            swiftSettings: strict),
        // Never installed: what `make bench` measures with.
        .executableTarget(
            name: "GuildBench",
            dependencies: [
                "GuildDomain", "GuildCodex", "GuildConnectors", "GuildControl", "GuildLedger", "GuildHTTP",
                "GuildIngress", "GuildTransport", "CSQLite", "CZstd", crypto, hummingbird, httpTypes, lifecycle,
                unixSignals, logging,
            ], path: "Benchmarks/GuildBench", swiftSettings: strict),
        // Never installed: writes man/ from `guild --experimental-dump-help`.
        .executableTarget(name: "GuildManual", dependencies: ["GuildDomain"], swiftSettings: strict),
        .target(
            name: "GuildTestSupport", dependencies: ["GuildDomain"], path: "Tests/GuildTestSupport",
            swiftSettings: strict),
        // What the tests of the rooms above the ledger share: a small codex with its ledger, a model and a GitHub.
        .target(
            name: "GuildOffice",
            dependencies: [
                "GuildDomain", "GuildCodex", "GuildLedger", "GuildTransport", "GuildHTTP", "GuildConnectors",
                "GuildRuntime", "GuildTestSupport", logging,
            ], path: "Tests/GuildOffice", swiftSettings: strict),

        tests("GuildDomainTests", ["GuildDomain"], exclude: ["cron"]),
        tests("GuildCodexTests", ["GuildCodex", "GuildDomain", crypto, yams], exclude: ["Fixtures"]),
        tests("GuildLedgerTests", ["GuildLedger", "GuildDomain", "CSQLite"], exclude: ["Fixtures"]),
        tests("GuildWorkTests", ["GuildWork", "GuildLedger", "GuildDomain", logging]),
        tests("GuildTransportTests", ["GuildTransport", "GuildDomain"]),
        tests("GuildHTTPTests", ["GuildHTTP", "GuildDomain", nioEmbedded, lifecycle, logging]),
        tests(
            "GuildConnectorsTests",
            ["GuildConnectors", "GuildTransport", "GuildCodex", "GuildDomain", crypto, logging]),
        tests(
            "GuildIngressTests",
            [
                "GuildIngress", "GuildControl", "GuildHTTP", "GuildConnectors", "GuildLedger", "GuildCodex",
                "GuildDomain", "GuildOffice",
            ]),
        tests(
            "GuildControlTests",
            [
                "GuildControl", "GuildIngress", "GuildHTTP", "GuildConnectors", "GuildLedger", "GuildCodex",
                "GuildDomain", "GuildOffice",
            ]),
        tests(
            "GuildRuntimeTests",
            [
                "GuildRuntime", "GuildControl", "GuildConnectors", "GuildTransport", "GuildLedger", "GuildCodex",
                "GuildDomain", "GuildOffice", lifecycle, logging,
            ], exclude: ["Models/Cases"]),
        tests(
            "GuildEgressTests",
            ["GuildEgress", "GuildConnectors", "GuildLedger", "GuildCodex", "GuildDomain", "GuildOffice", logging]),
        tests(
            "GuildCitadelTests",
            [
                "GuildCitadel", "GuildControl", "GuildRuntime", "GuildConnectors", "GuildLedger", "GuildCodex",
                "GuildBudgets", "GuildHTTP", "GuildDomain", "GuildOffice", logging,
            ]),
        tests(
            "GuildCommandsTests",
            ["GuildCommands", "GuildCitadel", "GuildBudgets", "GuildLedger", "GuildDomain", yams, logging]),
        // Runs the built binary, as a person would.
        tests(
            "GuildAcceptanceTests", ["guild", "GuildStandIn", "GuildDomain", "GuildLedger", "CLinux", crypto, yams],
            exclude: ["sdk"]),
    ],
    swiftLanguageModes: [.v6]
)
