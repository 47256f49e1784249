/// Which bearerd this is.
public enum Release {
  /// The version, as in `bearerd --version`.
  public static let version = "0.1.0"
}
