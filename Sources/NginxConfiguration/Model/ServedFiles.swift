/// The files that a location serves: what is below a directory, for the URIs below a prefix.
struct ServedFiles {
  let directory: [UInt8]
  let prefix: [UInt8]
  /// One URI and its file only.
  let isExact: Bool
  /// Root or alias.
  let setting: Directive?

  /// Nil if the location serves no files, or its directory has variables.
  init?(_ context: Context, _ site: Site) {
    guard site.backend(of: context) == nil, context.rewriting.isPassable,
      !JudgementRule.programs.contains(where: { !context.own($0).isEmpty }), ServedFiles.triesURI(context)
    else { return nil }
    let alias = context.own("alias").first
    setting = alias ?? context.effective("root").first
    let root = setting?.value ?? "html"
    switch context.location {
    case .exact(let path):
      (prefix, isExact) = (path, true)
      directory = ServedFiles.joined(root, alias == nil ? path : [])
    case .prefix(let path, _):
      (prefix, isExact) = (path, false)
      directory = ServedFiles.joined(root, alias == nil ? path : [])
    case nil where context.kind == .server:
      (prefix, isExact) = ([UInt8(ascii: "/")], false)
      directory = ServedFiles.joined(root, prefix)
    default: return nil
    }
    guard !directory.contains(UInt8(ascii: "$")) else { return nil }
  }

  /// Whether `try_files` looks for the file of the URI.
  private static func triesURI(_ context: Context) -> Bool {
    guard let tries = context.own("try_files").first else { return true }
    return tries.arguments.dropLast().contains {
      $0.contains("$uri") || $0.contains("$document_uri") || $0.contains("$request_filename")
    }
  }

  /// Without double slashes.
  static func joined(_ root: String, _ path: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for byte in Array(root.utf8) + path where byte != UInt8(ascii: "/") || result.last != byte {
      result.append(byte)
    }
    return result
  }
}
