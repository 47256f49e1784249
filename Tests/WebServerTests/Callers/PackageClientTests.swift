import Foundation
import TestSupport
import Testing

@Suite("pip and apt through nginx")
struct PackageClientTests {
  private let client: ClientSite

  init() throws { client = try ClientSite() }

  @Test("pip takes the token from the index URL and from .netrc, and finds nothing without it")
  func pip() throws {
    try client.preparePip()
    let tokens = try client.tokens()
    let path = "/files/simple/"
    for (name, index) in [
      ("url", client.url(path, "ci", tokens.valid)), ("token", client.url(path, "__token__", tokens.valid)),
    ] {
      let outcome = try client.pip(index, into: name)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(FileManager.default.fileExists(atPath: "\(client.directory)/\(name)/demo-1.0-py3-none-any.whl"))
    }
    for index in [client.url(path), client.url(path, "ci", "wrong"), client.url(path, "ci", tokens.scoped)] {
      let denied = try client.pip(index, into: "none")
      #expect(
        denied.code == 1 && denied.errors.contains("No matching distribution found for demo"),
        "\(denied.errors)")
    }
    try client.write("machine 127.0.0.1 login ci password \(tokens.valid)\n", to: "home/.netrc")
    #expect(try client.pip(client.url(path), into: "netrc").code == 0)
    client.expectNoSecret(tokens.valid, tokens.scoped)
  }

  @Test("apt takes the token from auth.conf, and says what is wrong without it")
  func apt() throws {
    try client.prepareApt()
    let tokens = try client.tokens()
    let outcome = try client.apt(("ci", tokens.valid))
    #expect(
      outcome.code == 0 && outcome.output.contains("demo_1.0_all.deb"), "\(outcome.output)\(outcome.errors)")
    for (login, message) in [
      (nil, "401  Unauthorized"), (("ci", "wrong"), "401  Unauthorized"),
      (("ci", tokens.scoped), "403  Forbidden"),
    ] as [((String, String)?, String)] {
      let denied = try client.apt(login)
      let said = denied.output + denied.errors
      #expect(denied.code != 0 && said.contains(message), "\(said)")
    }
    client.expectNoSecret(tokens.valid, tokens.scoped)
  }
}

/// What pip and apt need.
extension ClientSite {
  /// A shell's commands in the site's directory.
  func sh(_ script: String, environment: [String] = []) throws -> Outcome {
    try run(["sh", "-ec", "cd \(directory)\n\(script)"], environment: environment)
  }

  /// An index (PEP 503) with one wheel, and a pip of its own.
  func preparePip() throws {
    let wheel = """
      import os, zipfile
      os.makedirs("site/files/simple/demo")
      info = "demo-1.0.dist-info/"
      with zipfile.ZipFile("site/files/simple/demo/demo-1.0-py3-none-any.whl", "w") as wheel:
          wheel.writestr("demo.py", "")
          wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n")
          wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
          wheel.writestr(info + "RECORD", "")
      open("site/files/simple/demo/index.html", "w").write('<a href="demo-1.0-py3-none-any.whl">demo</a>')
      """
    try write(wheel, to: "wheel.py")
    let made = try sh("/usr/bin/python3 wheel.py; chmod -R a+rX site; /usr/bin/python3 -m venv venv")
    try #require(made.code == 0, "\(made.errors)")
  }

  func pip(_ index: String, into directory: String) throws -> Outcome {
    try sh(
      "PIP_CONFIG_FILE=/dev/null venv/bin/pip download --disable-pip-version-check --no-input --no-cache-dir --no-deps --retries 0 "
        + "--index-url \(index) --dest \(directory) demo")
  }

  /// A flat repository with one package, and an apt that knows nothing of this machine's.
  func prepareApt() throws {
    let made = try sh(
      """
      mkdir -p site/files/apt package/DEBIAN apt/etc/auth.conf.d apt/state/lists/partial apt/cache/archives/partial
      printf 'Package: demo\\nVersion: 1.0\\nArchitecture: all\\nMaintainer: t <t@example.org>\\nDescription: demo\\n' \
        >package/DEBIAN/control
      dpkg-deb --root-owner-group -b package site/files/apt/demo.deb
      cd site/files/apt
      { cat ../../../package/DEBIAN/control
        printf 'Filename: ./demo.deb\\nSize: %s\\n' "$(stat -c %s demo.deb)"
        printf 'SHA256: %s\\n' "$(sha256sum demo.deb | cut -d ' ' -f 1)"; } >Packages
      chmod -R a+rX ../../../site
      cd ../../..
      printf 'deb [trusted=yes] http://127.0.0.1:\(port)/files/apt ./\\n' >apt/etc/sources.list
      : >apt/state/status
      mkdir apt/etc/apt.conf.d apt/etc/preferences.d
      cat >apt.conf <<END
      Dir "\(directory)/apt";
      Dir::Etc "\(directory)/apt/etc";
      Dir::State "\(directory)/apt/state";
      Dir::State::status "\(directory)/apt/state/status";
      Dir::Cache "\(directory)/apt/cache";
      APT::Sandbox::User "root";
      Acquire::Languages "none";
      Acquire::Retries "0";
      Acquire::http::Proxy "DIRECT";
      END
      """)
    try #require(made.code == 0, "\(made.errors)")
  }

  /// `update` and `download`, with a login for the site if one is given.
  func apt(_ login: (user: String, password: String)?) throws -> Outcome {
    let text =
      login.map { "machine http://127.0.0.1:\(port) login \($0.user) password \($0.password)\n" } ?? ""
    try write(text, to: "apt/etc/auth.conf")
    return try sh(
      "rm -rf apt/state/lists/* demo_*; mkdir -p apt/state/lists/partial; apt-get -q -o Debug::NoLocking=1 update "
        + "&& apt-get -q download demo && ls demo_1.0_all.deb",
      environment: ["APT_CONFIG=\(directory)/apt.conf"])
  }
}
