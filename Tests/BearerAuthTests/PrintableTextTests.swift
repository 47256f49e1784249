import Testing

@testable import BearerAuth

@Suite("Text from outside")
struct PrintableTextTests {
  @Test(
    "shows what a terminal would obey, hide or reorder as its number",
    arguments: [
      ("\u{1b}[31m", "\\u{1b}[31m"), ("a\nb\r\tc", "a\\u{a}b\\u{d}\\u{9}c"), ("\0", "\\u{0}"),
      ("\u{7f}\u{9b}\u{85}", "\\u{7f}\\u{9b}\\u{85}"),
      ("a\u{202e}b\u{2066}\u{200f}\u{61c}", "a\\u{202e}b\\u{2066}\\u{200f}\\u{61c}"),
      ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"), ("a\u{200b}b\u{200d}\u{feff}\u{ad}\u{2060}", nil),
      ("\u{e0001}\u{e0041}", "\\u{e0001}\\u{e0041}"), ("\u{e000}\u{10ffff}\u{378}", nil),
      ("\u{3164}\u{fe0f}\u{34f}\u{180b}", nil),
    ] as [(String, String?)])
  func escapes(text: String, expected: String?) {
    let shown = text.printable
    if let expected { #expect(shown == expected) }
    let isHarmless = shown.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    #expect(isHarmless, "\(shown)")
  }

  @Test(
    "stays as it is if it is only text",
    arguments: ["", "plain", "Größe 12 €", "日本語", "✓", "\\u{1b}", "e\u{301}", "\u{fffd}", "\u{1f600}"])
  func text(text: String) {
    #expect(text.printable.unicodeScalars.elementsEqual(text.unicodeScalars))
  }

  @Test("keeps the ends of our own lines, and nothing else")
  func lines() {
    #expect("a\nb\r\n\u{1b}".printable(keepingLineEnds: true) == "a\nb\\u{d}\n\\u{1b}")
  }

  @Test("has no character left that is not printable, whatever it was")
  func all() {
    var scalars = String.UnicodeScalarView()
    for value in UInt32(0)...0x2ffff { if let scalar = Unicode.Scalar(value) { scalars.append(scalar) } }
    let isPrintable = String(scalars).printable.unicodeScalars.allSatisfy(\.isPrintable)
    #expect(isPrintable)
  }

  @Test("is cut by its scalars, of which a character may have any number")
  func cut() {
    #expect("abcdef".shortened(to: 3) == "abc..." && "abc".shortened(to: 3) == "abc")
    #expect(String(repeating: "\u{301}", count: 1000).shortened(to: 5).unicodeScalars.count == 8)
  }
}
