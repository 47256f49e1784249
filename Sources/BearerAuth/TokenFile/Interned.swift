/// Values that many lines share, kept once: lines that say the same share one array or one String.
struct Interned<Value> {
  private var last: (text: [UInt8], value: Value)?
  private var values: [[UInt8]: Value] = [:]

  /// What was remembered for `text`.
  mutating func value(of text: Span<UInt8>) -> Value? {
    // Neighbours are most often alike; asking the dictionary needs a copy of the text.
    if let last, text.elementsEqual(last.text) { return last.value }
    let key = text.array
    guard let value = values[key] else { return nil }
    last = (key, value)
    return value
  }

  /// Remembers `value` for all later lines that say `text`.
  mutating func remember(_ value: Value, of text: Span<UInt8>) {
    let key = text.array
    values[key] = value
    last = (key, value)
  }
}
