/// Finds what was probably meant.
public enum Spelling {
  /// The word among `words` that needs the fewest changes to be `word`; nil where all need more than two, or more
  /// than a third of the word's letters.
  public static func nearest(to word: String, among words: [String]) -> String? {
    let distances = words.map { (word: $0, distance: distance(from: word, to: $0)) }
    guard let nearest = distances.min(by: { $0.distance < $1.distance }),
      nearest.distance <= min(2, max(1, word.utf8.count / 3))
    else { return nil }
    return nearest.word
  }

  /// How many letters must be put in, left out or changed (Levenshtein); case counts for nothing.
  static func distance(from first: String, to second: String) -> Int {
    let second = second.utf8.map(\.lowered)
    var previous = Array(0...second.count)
    for (row, letter) in first.utf8.map(\.lowered).enumerated() {
      var current = [row + 1]
      for (column, other) in second.enumerated() {
        let change = previous[column] + (letter == other ? 0 : 1)
        current.append(min(change, previous[column + 1] + 1, current[column] + 1))
      }
      previous = current
    }
    return previous[second.count]
  }
}
