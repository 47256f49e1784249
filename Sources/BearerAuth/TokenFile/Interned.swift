/// Values that many lines share, kept once: lines that say the same share one array or one String.
struct Interned<Value> {
  private var values: [(text: [UInt8], value: Value)] = []
  /// Which of the values stands for a text, by the text's hash. Of two texts with one hash the first is shared and
  /// the other is not, which costs memory and nothing else.
  private var places: [UInt64: Int] = [:]
  private var last = 0

  /// What was remembered for `text`.
  mutating func value(of text: Span<UInt8>) -> Value? {
    guard !values.isEmpty else { return nil }
    // Neighbours are most often alike.
    if text.elementsEqual(values[last].text) { return values[last].value }
    guard let place = places[text.hash], text.elementsEqual(values[place].text) else { return nil }
    last = place
    return values[place].value
  }

  /// Remembers `value` for all later lines that say `text`.
  mutating func remember(_ value: Value, of text: Span<UInt8>) {
    let hash = text.hash
    guard places[hash] == nil else { return }
    places[hash] = values.count
    last = values.count
    values.append((text.array, value))
  }
}

extension Span where Element == UInt8 {
  /// FNV-1a.
  fileprivate var hash: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for index in indices { hash = (hash ^ UInt64(self[index])) &* 0x100_0000_01b3 }
    return hash
  }
}
