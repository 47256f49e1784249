@testable import FastCGI

/// One record, with whatever header a test wants.
func record(_ type: UInt8, id: UInt16 = 1, _ content: [UInt8] = [], padding: Int = 0, version: UInt8 = 1)
  -> [UInt8]
{
  var header = RecordHeader(type: type, requestID: id, contentLength: content.count, paddingLength: padding)
  header.version = version
  return header.bytes + content + [UInt8](repeating: 0, count: padding)
}

func begin(id: UInt16 = 1, role: UInt16 = 1, flags: UInt8 = 0) -> [UInt8] {
  record(1, id: id, [UInt8(role >> 8), UInt8(role & 0xff), flags, 0, 0, 0, 0, 0])
}

func pair(_ name: String, _ value: String) -> [UInt8] {
  var bytes: [UInt8] = []
  NameValue.append(name.utf8, value.utf8, to: &bytes)
  return bytes
}

/// PARAMS with these contents, a record each, and the empty one that ends them.
func params(id: UInt16 = 1, _ contents: [UInt8]...) -> [UInt8] {
  contents.flatMap { record(4, id: id, $0) } + record(4, id: id)
}

func stdin(id: UInt16 = 1, _ contents: [UInt8]...) -> [UInt8] {
  contents.flatMap { record(5, id: id, $0) } + record(5, id: id)
}

/// A whole Responder request with one parameter that the test server reads.
let goodRequest = begin() + params(pair("HTTP_AUTHORIZATION", "good")) + stdin()

let testNames = ParameterNames(["HTTP_AUTHORIZATION", "BEARERD_SCOPE"])
