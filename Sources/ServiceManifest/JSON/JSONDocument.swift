/// A whole JSON text, read strictly, with the place of everything in it.
///
/// A reader of our own: FoundationEssentials' keeps no positions, and an edit that keeps the format needs them.
public struct JSONDocument: Sendable {
  /// The value that the text is.
  public let root: JSONValue
  /// Members whose name stood in the same object before. RFC 8259 section 4 lets every reader choose which counts.
  public let repeated: [JSONMember]

  /// Where a text is no JSON, and what to write instead.
  public struct Problem: Error, Equatable, Sendable {
    /// The byte that cannot stand there, from 0; the length of the text where it ends too soon.
    public let offset: Int
    /// For the one who wrote it.
    public let message: String
  }

  /// Reads one JSON value with nothing around it but white space.
  public init(parsing bytes: [UInt8]) throws(Problem) {
    var reader = JSONReader(bytes)
    root = try reader.readDocument()
    repeated = reader.repeated
  }
}
