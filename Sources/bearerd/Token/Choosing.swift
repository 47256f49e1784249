import BearerAuth
import BearerdService

extension TokenEdit {
  /// The tokens of an application, or the one among them with the key.
  func tokens(of application: String, key: String?) throws(Failure) -> [Token] {
    let tokens = current.tokens.filter { $0.application == application }
    guard !tokens.isEmpty else { throw Failure(unknown(application)) }
    guard let key else { return tokens }
    let chosen = tokens.filter { $0.key == key }
    guard !chosen.isEmpty else {
      throw Failure("\(application) has no key \(key); it has \(names(of: tokens))")
    }
    return chosen
  }

  /// `k7f3q2, m2x9aa`; a token without a key is named by its place.
  func names(of tokens: [Token]) -> String {
    tokens.map { $0.key ?? "one without id= (\(place(of: $0)))" }.joined(separator: ", ")
  }

  private func unknown(_ application: String) -> String {
    let names = Set(current.tokens.map(\.application)).sorted()
    if let near = Spelling.nearest(to: application, among: names) {
      return "there is no application \(application); did you mean \(near)?"
    }
    guard !names.isEmpty else { return "there is no application \(application), nor any other" }
    let shown = names.prefix(10).joined(separator: ", ")
    return
      "there is no application \(application); there are \(shown)\(names.count > 10 ? " and others" : "")"
  }
}
