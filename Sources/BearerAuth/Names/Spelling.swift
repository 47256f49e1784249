/// Finds what was probably meant.
public enum Spelling {
  /// Longer words are nobody's slip, in bytes.
  private static let maximumLength = 256

  /// The word among `words` that needs the fewest changes to be `word`; nil where all need more than two, or more
  /// than a third of the word's letters.
  public static func nearest(to word: String, among words: [String]) -> String? {
    // The distance is at least the difference in length. Words of others may be megabytes long.
    let near = words.filter { abs($0.utf8.count - word.utf8.count) <= 2 && $0.utf8.count <= maximumLength }
    let distances = near.map { (word: $0, distance: distance(from: word, to: $0)) }
    guard let nearest = distances.min(by: { $0.distance < $1.distance }),
      nearest.distance <= min(2, max(1, word.utf8.count / 3))
    else { return nil }
    return nearest.word
  }

  /// How many letters must be put in, left out, changed, or swapped with their neighbour (the restricted
  /// Damerau-Levenshtein distance); case counts for nothing.
  static func distance(from first: String, to second: String) -> Int {
    let first = first.utf8.map(\.lowered)
    let second = second.utf8.map(\.lowered)
    var rows = [Array(0...second.count)]
    for row in first.indices {
      var current = [row + 1]
      for column in second.indices {
        let change = rows[row][column] + (first[row] == second[column] ? 0 : 1)
        var least = min(change, rows[row][column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
          least = min(least, rows[row - 1][column - 1] + 1)
        }
        current.append(least)
      }
      rows.append(current)
    }
    return rows[first.count][second.count]
  }
}
