import ArgumentParser
import BearerAuth

/// `bearerd check`: would these tokens be loaded? Like `nginx -t`.
struct Check: Command {
  static let configuration = CommandConfiguration(
    abstract: "Tell whether the tokens can be loaded, and all that is wrong with them.",
    discussion:
      "Exits with 0 where they can be, 78 where they have an error, and 74 where they cannot be read.")

  @OptionGroup var source: TokensOption

  func perform() throws {
    let loaded = try source.load()
    try Console.print("ok: \(loaded.summary(at: .now))")
  }
}
