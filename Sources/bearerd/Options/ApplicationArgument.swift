import ArgumentParser
import BearerAuth

/// The application's name, which most commands about tokens begin with.
struct ApplicationArgument: ParsableArguments {
  @Argument(help: ArgumentHelp("The application's name.", valueName: "app"))
  var application: String

  @OptionGroup var surplus: SurplusArguments

  func validate() throws {
    guard ApplicationName(application) != nil else {
      throw ValidationError("the name of an application is \(ApplicationName.rule)")
    }
  }
}

/// Arguments nobody may give: a secret among them stands in the list of processes already, and the usual message
/// about an argument too many would repeat it.
struct SurplusArguments: ParsableArguments {
  @Argument(help: .hidden)
  var surplus: [String] = []

  func validate() throws {
    guard surplus.isEmpty else {
      throw ValidationError(
        "one argument too many; a token is never an argument, where all can see it: it comes on standard input"
      )
    }
  }
}
