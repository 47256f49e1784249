import Testing

/// Configurations as administrators write them, each on the real nginx with a real bearerd.
@Suite("The corpus of nginx configurations")
struct NginxCorpusTests {
  @Test("does on nginx what its files say", arguments: CorpusConfiguration.all)
  func verdict(configuration: CorpusConfiguration) throws {
    let observation = try CorpusSite(configuration).observe()
    #expect(Set(observation.breaches.keys) == configuration.expected, "observed: \(observation.description)")
    #expect(observation.hasEntered, "no token opened anything")
  }

  @Test("has heads without mistakes", arguments: CorpusConfiguration.all)
  func head(configuration: CorpusConfiguration) {
    #expect(configuration.mistakes == [])
  }

  @Test("is large, and neither all open nor all held")
  func size() {
    let all = CorpusConfiguration.all
    let held = all.filter { $0.expected == [] }
    #expect(all.count >= 300)
    #expect(held.count >= 120)
    #expect(all.count - held.count >= 120)
    #expect(all.filter { $0.name.hasPrefix("site-") }.count >= 20)
  }
}
