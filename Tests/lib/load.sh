# Continuous requests with ab(1), in rounds; none may fail.

load=

# start_load URL TOKEN [COMMAND...]: starts the load in the background, until end_load. COMMAND is a prefix for ab.
start_load() {
  local url=$1 header="Authorization: Bearer $2"
  shift 2
  rm -f "$throwaway/load.over"
  (until [ -e "$throwaway/load.over" ]; do "$@" ab -q -k -c 16 -n 1000 -s 60 -H "$header" "$url" || exit; done) \
    </dev/null &>"$throwaway/load" &
  load=$!
  started+=("$load")
}

load_rounds() { grep -c '^Complete requests:' "$throwaway/load" || true; }

# load_goes_on: waits until one whole round has begun and ended.
load_goes_on() {
  local goal=$(($(load_rounds) + 2))
  while [ "$(load_rounds)" -lt "$goal" ]; do
    kill -0 "$load" 2>/dev/null || fail "the load has ended: $(tail -n 40 "$throwaway/load")"
    sleep 0.05
  done
}

# end_load: stops the load. $complete is the number of requests, $longest the longest duration in milliseconds. The
# script fails if a response was not 2xx.
end_load() {
  touch "$throwaway/load.over"
  wait "$load" || fail "a request was not answered: $(tail -n 40 "$throwaway/load")"
  if grep -E '^Failed requests: *[1-9]|^Non-2xx' "$throwaway/load"; then fail "a request failed"; fi
  complete=$(awk '/^Complete requests:/ {sum += $3} END {print sum}' "$throwaway/load")
  longest=$(awk '/^ *100% / {if ($2 > most) most = $2} END {print most}' "$throwaway/load")
}
