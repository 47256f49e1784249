/// A response as records of our own, where it is too long for libfcgi to send it in one write.
enum ResponseRecords {
  /// The most content of one record that needs no padding: lengths of eight keep the next header aligned.
  private static let maximumContent = RecordHeader.maximumContent & ~7

  /// STDOUT records with all of `output`, the empty one that ends them, and END_REQUEST with the application's
  /// status 0 and FCGI_REQUEST_COMPLETE (FastCGI 1.0, sections 5.3 and 5.5).
  static func bytes(of output: [UInt8], requestID: UInt16) -> [UInt8] {
    func header(_ type: UInt8, _ length: Int) -> [UInt8] {
      RecordHeader(type: type, requestID: requestID, contentLength: length).bytes
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(output.count + (output.count / maximumContent + 4) * RecordHeader.length)
    for start in stride(from: 0, to: output.count, by: maximumContent) {
      let content = output[start..<min(start + maximumContent, output.count)]
      bytes += header(RecordType.stdout, content.count)
      bytes += content
    }
    bytes += header(RecordType.stdout, 0)
    bytes += header(RecordType.endRequest, 8)
    return bytes + [UInt8](repeating: 0, count: 8)
  }
}
