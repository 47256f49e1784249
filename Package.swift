// swift-tools-version: 6.2

import PackageDescription

// What we depend on, and why:
// - libfcgi (CFastCGI): parses and frames FastCGI; kept patched by the system.
// - libcrypto (CCrypto): SHA-256; already on every nginx host.
// - swift-argument-parser: flags, help and shell completions, as users of Swift tools expect them.
// - swift-log: the logging API of Swift servers; the handler behind it is ours.
// ServiceManifest is a module of its own, beside BearerdService and above BearerAuth: what applications read about a service
// is neither a decision nor served by the daemon. It reads JSON by itself: FoundationEssentials keeps no positions.

// `Tests/run fast` sets BEARERD_TESTS: the tests of the binary and of web servers take longest to compile.
let isFast = Context.environment["BEARERD_TESTS"] == "fast"

let package = Package(
  name: "bearerd",
  products: [
    .executable(name: "bearerd", targets: ["bearerd"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    .systemLibrary(name: "CFastCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLinux"),
    .target(name: "FastCGI", dependencies: ["CFastCGI", "CLinux"]),
    .target(name: "BearerAuth", dependencies: ["CCrypto"]),
    .target(
      name: "BearerdService",
      dependencies: [
        "BearerAuth", "CLinux", "FastCGI",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .target(name: "ServiceManifest", dependencies: ["BearerAuth"]),
    .target(name: "NginxConfiguration", dependencies: ["BearerAuth"]),
    .executableTarget(
      name: "bearerd",
      dependencies: [
        "BearerAuth", "BearerdService", "FastCGI", "NginxConfiguration", "ServiceManifest",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      exclude: ["Manual"]),
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .testTarget(name: "FastCGITests", dependencies: ["CFastCGI", "FastCGI", "TestSupport"]),
    .testTarget(name: "BearerAuthTests", dependencies: ["BearerAuth", "TestSupport"]),
    .testTarget(
      name: "ServiceManifestTests", dependencies: ["BearerAuth", "ServiceManifest", "TestSupport"]),
    .testTarget(name: "NginxConfigurationTests", dependencies: ["NginxConfiguration", "TestSupport"]),
    .testTarget(
      name: "BearerdServiceTests", dependencies: ["BearerAuth", "BearerdService", "FastCGI", "TestSupport"]),
  ]
    + (isFast
      ? []
      : [
        .testTarget(
          name: "CommandTests",
          dependencies: ["bearerd", "BearerAuth", "FastCGI", "NginxConfiguration", "TestSupport"]),
        .testTarget(
          name: "WebServerTests", dependencies: ["bearerd", "FastCGI", "TestSupport"],
          exclude: ["Nginx/Corpus"]),
      ]),
  swiftLanguageModes: [.v6]
)
