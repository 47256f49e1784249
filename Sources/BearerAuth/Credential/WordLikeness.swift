/// Whether text reads like words of a language: `correct-horse-battery`, `ThisIsMyVerySecretToken`.
///
/// Three quarters of it or more stand in runs of three or more letters of one case (a capital may lead), a third
/// or more of those letters are vowels, and nowhere do five consonants stand together. Random letters have
/// a quarter of vowels (with y), in thirty of them five consonants nearly always meet, and random letters of
/// both cases form few runs. Digits that stand for letters, as in `s3cr3t`, are not seen through.
struct WordLikeness {
  let readsLikeWords: Bool

  init(_ characters: [UInt8]) {
    let runs = WordLikeness.runs(in: characters).filter { $0.count >= 3 }
    let inRuns = runs.reduce(0) { $0 + $1.count }
    let vowels = runs.joined().count(where: WordLikeness.isVowel)
    readsLikeWords =
      inRuns > 0 && inRuns * 4 >= characters.count(where: \.isAlphanumeric) * 3
      && vowels * 3 >= inRuns
      && runs.allSatisfy { WordLikeness.longestCluster(in: $0) < 5 }
  }

  /// Letters that stand together in one case; a new run begins where a capital follows a small letter.
  private static func runs(in characters: [UInt8]) -> [ArraySlice<UInt8>] {
    var runs: [ArraySlice<UInt8>] = []
    var start = 0
    for end in 1...max(1, characters.count) where end <= characters.count {
      if end < characters.count, goesOn(characters[start..<end], with: characters[end]) { continue }
      runs.append(characters[start..<end])
      start = end
    }
    return runs.filter { $0.allSatisfy(\.isLetter) }
  }

  private static func goesOn(_ run: ArraySlice<UInt8>, with next: UInt8) -> Bool {
    guard let last = run.last, last.isLetter, next.isLetter else { return false }
    return last.isUpper == next.isUpper || (run.count == 1 && last.isUpper)
  }

  private static func isVowel(_ letter: UInt8) -> Bool {
    "aeiouy".utf8.contains(letter.lowered)
  }

  private static func longestCluster(in run: ArraySlice<UInt8>) -> Int {
    run.split(whereSeparator: isVowel).map(\.count).max() ?? 0
  }
}
