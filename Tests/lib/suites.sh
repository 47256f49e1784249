# The test suites that want the machine for themselves: what they take, others would wait for; and where a second
# counts, nobody else may take it.
readonly suites_alone='\.(Load|Hostile|Scarcity|Stop|Reload|Clock|Serve|Readme)Tests/'
