import FastCGI
import Glibc

/// What can be fuzzed. The name is what Tests/fuzz is given.
enum Target: String {
  case gate
  case differential
  case conversation
  case credential
  case tokens
  case address
  case date
  case manifest
  case arguments
  case status
  case http
  case nginx

  /// The one that BEARERD_FUZZ names.
  static let chosen: Target = {
    guard let name = getenv("BEARERD_FUZZ"), let target = Target(rawValue: String(cString: name)) else {
      fatalError("BEARERD_FUZZ names no target; run Tests/fuzz")
    }
    return target
  }()

  func run(_ bytes: [UInt8]) {
    switch self {
    case .gate: GateTarget.run(bytes)
    case .differential: DifferentialTarget.shared.run(bytes)
    case .conversation: ConversationTarget.shared.run(bytes)
    case .credential: CredentialTarget.run(bytes)
    case .tokens: TokenFileTarget.run(bytes)
    case .address: AddressTarget.run(bytes)
    case .date: DateTarget.run(bytes)
    case .manifest: ManifestTarget.run(bytes)
    case .arguments: ArgumentsTarget.run(bytes)
    case .status: StatusTarget.run(bytes)
    case .http: HTTPTarget.run(bytes)
    case .nginx: NginxTarget.run(bytes)
    }
  }
}

/// Ends the process where a property does not hold: libFuzzer keeps the input.
func expect(_ holds: Bool, _ property: @autoclosure () -> String) {
  guard !holds else { return }
  let text = "does not hold: \(property())\n"
  write(STDERR_FILENO, text, text.utf8.count)
  abort()
}

/// What libFuzzer calls for each input (LibFuzzer, "Fuzz Target").
@_cdecl("LLVMFuzzerTestOneInput")
public func runOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  // The input is libFuzzer's and good during this call only; a copy of exact size lets ASan see a byte too far.
  Target.chosen.run(Array(UnsafeBufferPointer(start: data, count: size)))
  return 0
}

/// What libFuzzer calls for a new input: changes `data` in place, up to `room` bytes, and returns how many they are.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ room: Int, _ seed: UInt32) -> Int {
  let bytes = Array(UnsafeBufferPointer(start: data, count: size))
  let mutated: [UInt8]
  switch Target.chosen {
  case .gate, .differential, .conversation:
    var mutation = RecordMutation(seed: UInt64(seed))
    mutated = mutation.mutated(bytes, room: room)
  case .tokens:
    var mutation = TokenFileMutation(seed: UInt64(seed))
    mutated = mutation.mutated(bytes, room: room)
  case .credential, .address, .date, .manifest, .arguments, .status, .http, .nginx:
    return mutateBytes(data, size, room)
  }
  for index in mutated.indices { data[index] = mutated[index] }
  return mutated.count
}

/// libFuzzer's own mutation of bytes; how many there are afterwards.
@_silgen_name("LLVMFuzzerMutate")
private func mutateBytes(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ room: Int) -> Int

/// What libFuzzer makes of some bytes.
func byLibFuzzer(_ bytes: [UInt8], room: Int) -> [UInt8] {
  let room = max(room, bytes.count, 1)
  var buffer = bytes + [UInt8](repeating: 0, count: room - bytes.count)
  let count = buffer.withUnsafeMutableBufferPointer { buffer in
    buffer.baseAddress.map { mutateBytes($0, bytes.count, room) } ?? 0
  }
  return Array(buffer.prefix(count))
}
