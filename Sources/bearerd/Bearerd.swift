import ArgumentParser
@main struct Bearerd: ParsableCommand {}
