import ArgumentParser
import BearerAuth
import BearerdService
import FastCGI
import Glibc

/// Where `serve` listens.
struct SocketOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "unix:/PATH, HOST:PORT, [IPV6]:PORT, fd:N, systemd or systemd:NAME. "
        + "(default: a socket that systemd or spawn-fcgi left open)",
      valueName: "address"))
  var listen: String?

  @Option(help: ArgumentHelp("The mode of a unix socket's file, in octal.", valueName: "mode"))
  var socketMode = "0660"

  @Option(
    help: ArgumentHelp("The owner of a unix socket's file. (default: who runs it)", valueName: "user:group"))
  var socketOwner: String?

  @Option(
    help: ArgumentHelp(
      "The addresses or blocks that may connect over TCP, with commas between. Everybody, if not given.",
      valueName: "blocks"),
    transform: AddressBlock.list)
  var allowPeer: [AddressBlock]?

  func validate() throws {
    if let listen {
      let address: ListenAddress
      do { address = try ListenAddress(parsing: listen) } catch {
        throw ValidationError("--listen: \(error)")
      }
      if case .unix = address, allowPeer != nil {
        throw ValidationError(
          "--allow-peer is for TCP; who may connect to a unix socket, --socket-owner and --socket-mode say")
      }
    }
    guard let mode = UInt32(socketMode, radix: 8), mode <= 0o777 else {
      throw ValidationError("--socket-mode is octal, as in 0660")
    }
  }

  func plan() throws -> ListenPlan {
    ListenPlan(
      address: try listen.map { try ListenAddress(parsing: $0) },
      socketMode: UInt32(socketMode, radix: 8) ?? 0o600,
      socketOwner: try socketOwner.map(SocketOptions.owner))
  }

  /// `www-data:www-data`, `www-data` for its own group, `:www-data` for the group alone, or numbers.
  private static func owner(_ text: String) throws(Failure) -> Owner {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    // chown(2) leaves alone what is -1.
    var owner = Owner(user: .max, group: .max)
    if !parts[0].isEmpty {
      guard let entry = getpwnam(parts[0]) else {
        guard let number = uid_t(parts[0]) else {
          throw .usage("--socket-owner: there is no user \(parts[0])")
        }
        owner.user = number
        return try group(parts.dropFirst().first, of: owner)
      }
      owner = Owner(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
    }
    return try group(parts.dropFirst().first, of: owner)
  }

  private static func group(_ name: String?, of owner: Owner) throws(Failure) -> Owner {
    guard let name, !name.isEmpty else { return owner }
    var owner = owner
    if let entry = getgrnam(name) {
      owner.group = entry.pointee.gr_gid
    } else if let number = gid_t(name) {
      owner.group = number
    } else {
      throw .usage("--socket-owner: there is no group \(name)")
    }
    return owner
  }
}
