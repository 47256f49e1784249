import ArgumentParser
import BearerdService

/// Which files `cgi` hands over, and how.
struct HandOverFlags: ParsableArguments {
  @Option(
    name: .customLong("private"),
    help: ArgumentHelp(
      "Hand over the files below it: a URL path that only redirects inside the web server reach.",
      valueName: "/path/"))
  var privatePrefix: String?

  @Option(
    name: .customLong("public"),
    help: ArgumentHelp("What the path asked for begins with; --private takes its place.", valueName: "/path/")
  )
  var publicPrefix = "/"

  @Option(
    name: .customLong("path"),
    help: ArgumentHelp(
      "The variable that holds the path asked for: PATH_INFO, or REDIRECT_URL behind an Apache's RewriteRule.",
      valueName: "variable"))
  var variable = HandOver.PathVariable.pathInfo

  @Flag(
    name: .customLong("x-sendfile"),
    help: "Hand over by X-Sendfile: --private is a folder on the disk, which may lie outside the site.")
  var sendsFile = false

  func validate() throws {
    guard privatePrefix != nil || publicPrefix == "/" && !sendsFile else {
      throw ValidationError("--public and --x-sendfile say how to hand over; say with --private from where")
    }
    do {
      _ = try handOver()
    } catch {
      throw ValidationError(error.description)
    }
  }

  /// nil where nothing is to be handed over.
  func handOver() throws(HandOver.Invalid) -> HandOver? {
    guard let privatePrefix else { return nil }
    return try HandOver(
      from: variable, publicPrefix: publicPrefix, privatePrefix: privatePrefix,
      kind: sendsFile ? .sendfile : .location)
  }
}

extension HandOver.PathVariable: ExpressibleByArgument {}
