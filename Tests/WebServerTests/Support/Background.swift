import Foundation
import Synchronization

/// What a thread of its own finds out, when it has.
final class Background<Value: Sendable>: Sendable {
  private let found = Mutex<Value?>(nil)

  init(_ body: @escaping @Sendable () -> Value?) {
    Thread.detachNewThread { [self] in
      let value = body()
      found.withLock { $0 = value }
    }
  }

  /// Nil while the thread is at it.
  var value: Value? { found.withLock { $0 } }
}
