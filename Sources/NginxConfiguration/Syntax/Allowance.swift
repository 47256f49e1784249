/// One name of a comment `# bearerd: allow NAME`, and the line whose findings of this name it silences.
///
/// The comment stands behind a directive, or on a line of its own above it.
struct Allowance: Hashable, Sendable {
  let name: String
  let place: Place

  private static let space = UInt8(ascii: " ")

  /// The names in a comment; none if it is another comment.
  static func names(in comment: ArraySlice<UInt8>) -> [String] {
    // Most comments are others: no text is made of them.
    guard comment.contains(UInt8(ascii: ":")), comment.count < 1000 else { return [] }
    let words = comment.drop { $0 == UInt8(ascii: "#") }.split {
      [space, UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: ",")].contains($0)
    }.map { String(decoding: $0, as: UTF8.self) }
    guard words.count > 2, words[0] == "bearerd:", words[1] == "allow" else { return [] }
    return Array(words[2...])
  }
}
