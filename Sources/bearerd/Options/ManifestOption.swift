import ArgumentParser
import BearerdService
import ServiceManifest

/// `--manifest`, of the commands that change one.
struct ManifestOption: ParsableArguments {
  @Option(help: ArgumentHelp("The manifest.", valueName: "file"), completion: .file(extensions: ["json"]))
  var manifest = String(Manifest.path.dropFirst())

  func validate() throws {
    guard !manifest.isEmpty else { throw ValidationError("--manifest names no file") }
  }

  var published: PublishedFile { PublishedFile(path: manifest) }
}
