/// Whether text reads like words of a language: `correct-horse-battery`, `MySup3rS3cretT0ken`.
///
/// Most of it stands in runs of three or more letters of one case (a capital may lead), a third or more of its
/// letters are vowels, and nowhere do five consonants stand together. Random letters have a quarter of vowels
/// (with y), and in thirty of them five consonants nearly always meet; random letters of both cases form
/// no runs to speak of.
struct WordLikeness {
  let readsLikeWords: Bool

  init(_ characters: [UInt8]) {
    let letters = characters.map(WordLikeness.letter(for:))
    let runs = WordLikeness.runs(in: letters).filter { $0.count >= 3 }
    let inRuns = runs.reduce(0) { $0 + $1.count }
    let vowels = runs.joined().count(where: WordLikeness.isVowel)
    readsLikeWords =
      inRuns * 10 >= characters.count(where: \.isAlphanumeric) * 6
      && vowels * 3 >= inRuns
      && runs.allSatisfy { WordLikeness.longestCluster(in: $0) < 5 }
      && inRuns > 0
  }

  /// Digits that stand for letters, as in `s3cr3t`, are read as those letters.
  private static func letter(for byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "0"): UInt8(ascii: "o")
    case UInt8(ascii: "1"): UInt8(ascii: "i")
    case UInt8(ascii: "3"): UInt8(ascii: "e")
    case UInt8(ascii: "4"): UInt8(ascii: "a")
    case UInt8(ascii: "5"): UInt8(ascii: "s")
    case UInt8(ascii: "7"): UInt8(ascii: "t")
    default: byte
    }
  }

  /// Letters that stand together in one case; a new run begins where a capital follows a small letter.
  private static func runs(in letters: [UInt8]) -> [ArraySlice<UInt8>] {
    var runs: [ArraySlice<UInt8>] = []
    var start = 0
    for index in letters.indices.dropFirst() + [letters.count] where index > start {
      let previous = letters[index - 1]
      let goesOn =
        index < letters.count && letters[index].isLetter && previous.isLetter
        && (letters[index].isUpper == previous.isUpper || (index - start == 1 && previous.isUpper))
      guard !goesOn else { continue }
      if previous.isLetter { runs.append(letters[start..<index]) }
      start = index
    }
    return runs
  }

  private static func isVowel(_ letter: UInt8) -> Bool {
    "aeiouy".utf8.contains(letter.lowered)
  }

  private static func longestCluster(in run: ArraySlice<UInt8>) -> Int {
    run.split(whereSeparator: isVowel).map(\.count).max() ?? 0
  }
}
