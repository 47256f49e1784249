import BearerdService
import Glibc
import ServiceManifest

/// A manifest in a file, and what it names beside it: `SITE/.well-known/ai-plugin.json` and `SITE/openapi.json`.
struct LocalService {
  let manifest: String
  let openAPI: String?

  func check(into report: inout ManifestReport) throws {
    let bytes = try read()
    let manifest = try report.check(manifest: bytes, of: manifest)
    if let openAPI {
      _ = try report.check(openAPI: try PublishedFile(path: openAPI).read(), of: openAPI)
    } else if let url = manifest?.apiURL {
      try checkOpenAPI(at: url, into: &report)
    }
    if let site, let url = manifest?.logoURL, url.host == manifest?.apiURL?.host {
      let logo = PublishedFile(path: site + path(of: url))
      guard logo.exists else {
        report.warning(self.manifest, "its picture, \(url), is not at \(logo.path)")
        return
      }
      try report.search(try logo.read(), of: logo.path)
    }
  }

  private func read() throws -> [UInt8] {
    do throws(PublishedFileError) {
      return try PublishedFile(path: manifest).read()
    } catch {
      guard error.code == ENOENT else { throw error }
      throw Failure("\(error.description); `bearerd manifest new` makes one", code: EX_IOERR)
    }
  }

  private func checkOpenAPI(at url: WebURL, into report: inout ManifestReport) throws {
    let file = site.map { PublishedFile(path: $0 + path(of: url)) }
    guard let file, file.exists else {
      report.note(
        manifest,
        "\(url) was not looked at; name its file with --openapi, or check the site once it is published")
      return
    }
    _ = try report.check(openAPI: try file.read(), of: file.path)
  }

  /// The folder that the site's files are in; nil where the manifest is not at its place in it.
  private var site: String? {
    guard manifest != String(Manifest.path.dropFirst()) else { return "." }
    return manifest.hasSuffix(Manifest.path) ? String(manifest.dropLast(Manifest.path.count)) : nil
  }

  /// Never out of the site's folder.
  private func path(of url: WebURL) -> String {
    let path = url.path.prefix { $0 != "?" }
    return path.split(separator: "/").contains("..") ? "/" : String(path)
  }
}
