# The tests that need the machine for themselves: they use most of it, or they measure time.
readonly suites_alone='\.((Load|Hostile|Scarcity|Stop|Reload|Clock|Serve|Readme)Tests/|HostileDaemonTests/endless)'
