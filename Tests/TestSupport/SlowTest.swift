import Foundation
import Testing

extension Trait where Self == ConditionTrait {
  /// The test takes more than two seconds: `Tests/run fast` leaves it out.
  package static var slow: Self {
    .enabled("Tests/run fast leaves it out", { ProcessInfo.processInfo.environment["BEARERD_FAST"] == nil })
  }
}
