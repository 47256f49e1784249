import BearerAuth

/// A length of time as people write it: `90d`, `12h`, `30m`, `2w`, `45s`.
enum Duration {
  /// In seconds; nil where the text is none. A hundred years are the longest.
  static func seconds(_ text: String) -> Int64? {
    if text == "0" { return 0 }
    guard let unit = text.last, let length = units[unit], text.dropLast().allSatisfy(\.isWholeNumber),
      let number = Int64(text.dropLast()), number <= longest / length
    else { return nil }
    return number * length
  }

  /// The largest unit that leaves little out: `364 days`, `23 hours`, `1 minute`.
  static func text(_ seconds: Int64) -> String {
    let (number, unit) =
      switch seconds {
      case ..<120: (seconds, "second")
      case ..<7200: (seconds / 60, "minute")
      case ..<172_800: (seconds / 3600, "hour")
      default: (seconds / 86_400, "day")
      }
    return "\(number) \(unit)\(number == 1 ? "" : "s")"
  }

  private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
  private static let longest: Int64 = 100 * 365 * 86_400
}
