import ArgumentParser

/// `bearerd manifest`: what applications read about a service before they call it.
struct ManifestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manifest",
    abstract: "Write, complete and check the manifest of a service (ai-plugin.json).",
    discussion: """
      Two values must not be confused. The token is yours: `bearerd token new` makes it, you paste it into the \
      application, it is secret. The verification token is the application's: it issues it, you publish it in the \
      manifest, it opens nothing.
      """,
    subcommands: [NewManifest.self, VerifyManifest.self, CheckManifest.self])
}
