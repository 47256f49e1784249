import ArgumentParser
import BearerAuth
import Glibc

/// `bearerd check`: would these tokens be loaded? Like `nginx -t`.
struct Check: Command {
  static let configuration = CommandConfiguration(
    abstract: "Tell whether the tokens can be loaded, and all that is wrong with them.",
    discussion:
      "Exits with 0 where they can be, 78 where they have an error, and 74 where they cannot be read.")

  @OptionGroup var source: TokensOption

  func perform() throws {
    // Root need not be the user that the daemon runs as; any other user is taken for that.
    let loaded = try source.load(owners: geteuid() == 0 ? .warned : .refused)
    try Console.print("ok: \(loaded.summary(at: .now))")
  }
}
