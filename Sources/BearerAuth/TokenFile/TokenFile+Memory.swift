extension TokenFile {
  /// More bytes than reading this text and making a policy of it take, whatever the text says. With files made to
  /// be large in memory the most that was seen is about two thirds of it.
  ///
  /// There is no way back from an allocation that fails, so whoever has little memory asks first.
  public static func memoryNeeded(parsing bytes: Span<UInt8>) -> Int {
    var items = 0
    for index in bytes.indices where bytes[index] == UInt8(ascii: ",") { items += 1 }
    return (16 << 20) + bytes.count * 4 + lineCount(of: bytes) * 320 + items * 128
  }
}
