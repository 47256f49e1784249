/// Why the gate closed a connection. The raw value is the word in the log.
public enum Refusal: String, CaseIterable, Sendable {
  /// A record of another version than 1.
  case wrongVersion = "wrong-version"
  /// A record that may not stand at this place.
  case unexpectedRecord = "unexpected-record"
  /// BEGIN_REQUEST with the id 0, which belongs to management records.
  case nullRequestID = "null-request-id"
  /// A record of another request: multiplexing.
  case foreignRequestID = "foreign-request-id"
  /// A role that is neither Responder nor Authorizer.
  case unknownRole = "unknown-role"
  /// BEGIN_REQUEST whose content is not eight bytes, or that is padded.
  case wrongLength = "wrong-length"
  /// A stream's closing record with padding.
  case paddedEmptyRecord = "padded-empty-record"
  /// BEGIN_REQUEST and PARAMS longer than 128 KiB.
  case headTooLong = "head-too-long"
  /// STDIN longer than 64 KiB.
  case bodyTooLong = "body-too-long"
  /// Bytes after a whole request: pipelining, or a second request.
  case bytesAfterTheEnd = "bytes-after-the-end"
  /// A name-value pair that is cut short or longer than its stream.
  case brokenPair = "broken-pair"
  /// NUL in a name or a value.
  case nulByte = "nul-byte"
  /// `=` in a name.
  case equalsInName = "equals-in-name"
  /// A parameter that we read, twice.
  case duplicateParameter = "duplicate-parameter"
}
