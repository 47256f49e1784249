/// Reads lines of a token file: `application  sha256:<64 hexadecimal digits>  options...`
///
/// It keeps what lines share, so one parser reads all lines of a file.
struct LineParser {
  private let file: Int
  private var names = Interned<String>()
  private var options = OptionParser()

  /// - Parameter file: which of several files the lines stand in.
  init(file: Int) {
    self.file = file
  }

  /// The token of a line, without its line end; nil for a blank line, a comment, and a line with an error.
  mutating func token(in line: Span<UInt8>, number: Int, problems: inout [LineProblem]) -> Token? {
    var fields = Fields()
    guard let name = fields.next(in: line) else { return nil }

    var application: String?
    var digest: Digest?
    var values = OptionValues()
    do throws(LineProblem) { application = try self.application(name, of: line) } catch {
      problems.append(error)
    }
    do throws(LineProblem) {
      digest = try HashField.digest(fields.next(in: line), after: name, of: line)
    } catch {
      problems.append(error)
    }
    while let field = fields.next(in: line) {
      do throws(LineProblem) {
        try options.read(field, of: line, into: &values)
      } catch {
        problems.append(error)
      }
    }
    if values.expires <= values.notBefore {
      let message = "expires= is not after not-before=, so the token is never good"
      problems.append(LineProblem(at: name.lowerBound, message, severity: .warning))
    }

    guard let application, let digest, problems.allSatisfy({ $0.severity == .warning }) else { return nil }
    return Token(
      digest: digest, application: application, key: values.key, created: values.created,
      notBefore: values.notBefore, expires: values.expires,
      scopes: values.scopes, origins: values.origins, line: number, file: file)
  }

  private mutating func application(_ field: Range<Int>, of line: Span<UInt8>) throws(LineProblem) -> String {
    let bytes = line.extracting(field)
    guard !bytes.hasPrefix("sha256:") else {
      throw LineProblem(at: field.lowerBound, "the application's name is missing before the hash")
    }
    guard ApplicationName.isValid(bytes) else {
      throw LineProblem(
        at: field.lowerBound, "not the name of an application; it is \(ApplicationName.rule)")
    }
    // Swift keeps up to 15 bytes inside the String; only longer names cost memory worth sharing.
    guard bytes.count > 15 else { return bytes.asciiText }
    if let known = names.value(of: bytes) { return known }
    let name = bytes.asciiText
    names.remember(name, of: bytes)
    return name
  }
}
