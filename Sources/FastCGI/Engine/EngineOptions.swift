/// What an administrator may turn at the engine.
public struct EngineOptions: Sendable {
  /// How many event loops, each a thread.
  public var loops: Int
  /// How long a peer may take to send a whole request, in milliseconds.
  public var requestPatience: UInt64
  /// How long a kept connection may stand idle, in milliseconds. Longer than nginx's own 60 s, so that the front
  /// and not we end it.
  public var idlePatience: UInt64
  /// How many connections may wait at once, over all loops; the oldest gives way to a new one.
  public var maximumConnections: Int
  /// How many bytes requests that are not yet whole may hold, over all loops; the oldest is closed first. Each loop has
  /// an equal share, but always room for one request.
  public var requestMemory = 32 << 20
  /// How long fresh connections are waited for at the end, in milliseconds.
  public var drainPatience: UInt64 = 2000
  /// Which peers may connect over TCP; nil: all.
  public var peers: PeerFilter?

  /// - Parameter timeout: a peer's deadline, in seconds.
  public init(loops: Int, timeout: Int, maximumConnections: Int) {
    self.loops = loops
    requestPatience = UInt64(timeout) * 1000
    idlePatience = UInt64(max(timeout, 75)) * 1000
    self.maximumConnections = maximumConnections
  }
}
