/// The files of a guarded location that an unguarded location or another server serves too.
enum FileRule {
  typealias Entry = (context: Context, files: ServedFiles)

  static func apply(_ site: Site, _ report: inout Report) {
    let locations: [Entry] = site.guarded.filter { !$0.isNamed }.compactMap { context in
      ServedFiles(context, site).map { (context, $0) }
    }
    let others = site.contexts.filter { $0.location != nil || $0.kind == .server }.filter {
      (site.isPublic($0) || site.isReachedByApplications($0)) && site.reaches($0)
        && site.access(of: $0) == .open
    }
    for context in site.guarded { judgeStore(context, others, site, &report) }
    guard !locations.isEmpty else { return }
    judgeScopes(locations, site, &report)
    // Many servers share the same files: each directory is judged once.
    var seen: Set<[UInt8]> = []
    let directories = locations.filter {
      seen.insert($0.files.directory + ($0.files.isExact ? [0] : [])).inserted
    }
    for other in others {
      judgeTries(other, site, &report)
      judgeRewrite(other, site, &report)
      DAVRule.judgeDestination(other, site, &report)
      guard let files = ServedFiles(other, site) else {
        judgeRegex(other, directories, site, &report)
        continue
      }
      DAVRule.judgeDelete(other, files, directories, &report)
      for location in directories {
        guard site.patterns.work.spend(1) else { return }
        if judge((other, files), location, site, &report) { break }
      }
    }
    for location in locations {
      judgeIndex(location, site, &report)
      DAVRule.judgeDestination(location.0, site, &report)
    }
  }

  /// - Returns: whether there is a finding.
  private static func judge(_ other: Entry, _ location: Entry, _ site: Site, _ report: inout Report) -> Bool {
    let (open, guarded) = (other.files, location.files)
    guard let server = other.context.server else { return false }
    for (directory, prefix) in directories(of: open) where guarded.directory.starts(with: directory) {
      let rest = guarded.directory.dropFirst(directory.count)
      guard !open.isExact || rest.isEmpty else { continue }
      let uri = prefix + rest + (guarded.isExact || open.isExact ? [] : Array("page.html".utf8))
      let end =
        uri.firstRange(of: Array("/..".utf8)) == nil
        ? site.location(for: uri, in: server).context : other.context
      guard end === other.context else { continue }
      let isTraversal = directory != open.directory
      add(other, location, uri: uri, .error, at: isTraversal ? other.context.directive : nil, &report)
      return true
    }
    // A part of the guarded files.
    guard open.directory.count > guarded.directory.count, open.directory.starts(with: guarded.directory),
      !guarded.isExact,
      other.context.own("auth_request").isEmpty, let home = location.context.server
    else { return false }
    let uri = guarded.prefix + open.directory.dropFirst(guarded.directory.count)
    let end = site.location(for: uri, in: home).context
    guard site.isGuarded(end) || isForgotten(other.context, end, location.context, site),
      !String(decoding: uri, as: UTF8.self).contains("/.well-known/")
    else {
      return false
    }
    let isCatchAll = location.context.kind == .server || guarded.prefix == [UInt8(ascii: "/")]
    add(other, location, uri: open.prefix, isCatchAll ? .warning : .error, &report)
    return true
  }

  /// The directory of a location; and its parent, which `/name../` reaches if only the alias ends with a slash.
  private static func directories(of files: ServedFiles) -> [(directory: [UInt8], prefix: [UInt8])] {
    let slash = UInt8(ascii: "/")
    var result = [(files.directory, files.prefix)]
    if files.setting?.name == "alias", !files.isExact, files.prefix.last != slash,
      files.directory.last == slash
    {
      let parent = files.directory.dropLast().lastIndex(of: slash).map { Array(files.directory[...$0]) }
      if let parent { result.append((parent, files.prefix + Array("../".utf8))) }
    }
    return result
  }

  private static func add(
    _ other: Entry, _ location: Entry, uri: [UInt8], _ severity: NginxFinding.Severity,
    at place: Directive? = nil, _ report: inout Report
  ) {
    let (here, there) = (other.context, location.context)
    let own = here.own("alias").first ?? here.own("root").first
    report.add(
      severity, .sameFilesElsewhere, at: place ?? own ?? here.directive,
      "\(here.title) serves files of \(there.title)\(here.server === there.server ? "" : " (another server)") without a check",
      sends: "GET \(String(decoding: uri, as: UTF8.self)) without a token", gets: "the file",
      fix: "include snippets/bearerd-guard.conf; here, or use another directory")
  }

  /// An alias with captures: its fixed part tells where it leads.
  private static func judgeRegex(_ other: Context, _ locations: [Entry], _ site: Site, _ report: inout Report)
  {
    guard let server = other.server, site.backend(of: other) == nil, other.rewriting.isPassable else {
      return
    }
    let alias = other.own("alias").first
    for location in locations {
      guard site.patterns.work.spend(1) else { return }
      if let alias, let value = alias.value {
        let fixed = ServedFiles.joined(String(value.prefix { $0 != "$" }), [])
        guard value.contains("$"), location.files.directory.starts(with: fixed), fixed.count > 1 else {
          continue
        }
        return add(
          (other, location.files), location, uri: Array(site.examplePath(of: other).utf8), .error, &report)
      }
      if let root = other.effective("root").first, let value = root.value, value.contains("$") {
        let fixed = ServedFiles.joined(String(value.prefix { $0 != "$" }), [])
        guard fixed.count > 1, location.files.directory.starts(with: fixed) else { continue }
        return add(
          (other, location.files), location, uri: Array(site.examplePath(of: other).utf8), .error, at: root,
          &report)
      }
      guard case .regex(let pattern, let ignoresCase) = other.location else { return }
      // The same root in another server; within one server, LocationRule judges it.
      guard location.context.server !== server, other.value("root") == location.context.value("root"),
        location.context.own("alias").isEmpty
      else { continue }
      let match = site.patterns.pattern(pattern, ignoringCase: ignoresCase).canMatch(
        prefix: location.files.prefix, site.patterns.work)
      guard match.answer == .yes, site.location(for: match.example, in: server).context === other else {
        continue
      }
      return add((other, location.files), location, uri: match.example, .error, &report)
    }
  }

  /// `try_files /private$uri`: if the file exists, it is served without selecting its location again.
  private static func judgeTries(_ other: Context, _ site: Site, _ report: inout Report) {
    guard let tries = other.own("try_files").first, let server = other.server, other.own("alias").isEmpty
    else { return }
    for text in tries.arguments.dropLast() where text.hasPrefix("/") {
      let literal = Array(text.prefix { $0 != "$" }.utf8)
      guard literal.count > 1 else { continue }
      let home = site.location(
        for: literal + (text.contains("$") ? Array("/page.html".utf8) : []), in: server
      ).context
      guard site.isGuarded(home), home.value("root") == other.value("root") else { continue }
      report.error(
        .sameFilesElsewhere, at: tries, "\(other.title) serves files of \(home.title) without a check",
        sends: "GET \(site.examplePath(of: other)) without a token", gets: "the file",
        fix: "\(text) as the last argument of try_files: only the last one selects a location again")
    }
  }

  /// `location = /private/` guards the directory's URI, but its index has another URI.
  private static func judgeIndex(_ location: Entry, _ site: Site, _ report: inout Report) {
    guard location.files.isExact, location.files.prefix.last == UInt8(ascii: "/"),
      let server = location.context.server
    else { return }
    for name in location.context.effective("index").first?.arguments ?? ["index.html"]
    where !name.hasPrefix("/") {
      let uri = location.files.prefix + Array(name.utf8)
      let end = site.location(for: uri, in: server).context
      guard site.access(of: end) == .open else { continue }
      report.error(
        .sameFilesElsewhere, at: location.context.directive,
        "the index of \(location.context.title) is served by \(end.title)",
        sends: "GET \(String(decoding: uri, as: UTF8.self)) without a token", gets: "the file",
        fix: "location \(String(decoding: location.files.prefix, as: UTF8.self)) without =")
    }
  }

  /// A longer prefix beside a guarded one: nginx prefers the longer one, which has no guard.
  private static func isForgotten(_ open: Context, _ end: Context, _ location: Context, _ site: Site) -> Bool
  {
    guard case .prefix(let path, _) = open.location, case .prefix(let outer, _) = location.location else {
      return false
    }
    return end === open && open.parent === location.parent && path.count > outer.count
      && path.starts(with: outer)
      && outer != [UInt8(ascii: "/")] && !site.isDeclaredPublic(open)
  }

  /// `rewrite ... break` changes the file, but not the location.
  private static func judgeRewrite(_ other: Context, _ site: Site, _ report: inout Report) {
    guard let server = other.server, other.own("alias").isEmpty, site.backend(of: other) == nil else {
      return
    }
    for rewrite in other.own("rewrite") where rewrite.arguments.count == 3 && rewrite.arguments[2] == "break"
    {
      let literal = Array(rewrite.arguments[1].prefix { $0 != "$" }.utf8)
      guard literal.count > 1, literal.first == UInt8(ascii: "/") else { continue }
      let home = site.location(
        for: literal + (literal.last == UInt8(ascii: "/") ? Array("page.html".utf8) : []), in: server
      ).context
      guard home !== other, site.isGuarded(home), home.value("root") == other.value("root") else { continue }
      report.error(
        .sameFilesElsewhere, at: rewrite, "\(other.title) serves files of \(home.title) without a check",
        sends: "GET \(site.examplePath(of: other)) without a token", gets: "the file",
        fix: "use last instead of break")
    }
  }

  /// Responses for applications that are stored as public files.
  private static func judgeStore(
    _ location: Context, _ others: [Context], _ site: Site, _ report: inout Report
  ) {
    for kind in ["proxy", "fastcgi", "uwsgi", "scgi"] {
      guard let store = location.effective("\(kind)_store").first, let path = store.value, path.hasPrefix("/")
      else { continue }
      let directory = ServedFiles.joined(String(path.prefix { $0 != "$" }), [UInt8(ascii: "/")])
      guard
        let open = others.first(where: { other in
          ServedFiles(other, site).map {
            directory.starts(with: $0.directory) || $0.directory.starts(with: directory)
          } ?? false
        })
      else { continue }
      report.error(
        .sameFilesElsewhere, at: store,
        "responses of \(location.title) are stored where \(open.title) serves files without a check",
        sends: "GET \(site.examplePath(of: open)) without a token",
        gets: "a response for an application",
        fix: "use a directory for \(kind)_store that no location serves")
    }
  }

  /// The files of one scope in a location that requires another scope.
  private static func judgeScopes(_ locations: [Entry], _ site: Site, _ report: inout Report) {
    for other in locations where !site.scope(of: other.context).isEmpty {
      for location in locations where location.context !== other.context {
        guard site.patterns.work.spend(1) else { return }
        guard site.scope(of: location.context) != site.scope(of: other.context),
          location.files.directory.starts(with: other.files.directory), !other.files.isExact,
          let server = other.context.server
        else { continue }
        let uri =
          other.files.prefix + location.files.directory.dropFirst(other.files.directory.count)
          + Array("page.html".utf8)
        guard site.location(for: uri, in: server).context === other.context else { continue }
        add(other, location, uri: uri, .error, &report)
        break
      }
    }
  }
}
