-- What wrk sends and reports. BENCH_HOST is the site's name, BENCH_TOKEN the file with the token, so
-- that it stands in no list of processes. The last line printed is JSON; times are microseconds.

wrk.headers["Host"] = os.getenv("BENCH_HOST")
wrk.headers["Authorization"] = "Bearer " .. io.open(os.getenv("BENCH_TOKEN")):read("*l")

function done(summary, latency, requests)
    local errors = summary.errors
    print(string.format(
        '{"requests": %d, "seconds": %.6f, "p50": %d, "p99": %d, "errors": %d}',
        summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
