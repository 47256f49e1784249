# Requests without end, of which none may fail: ab(1), round after round.

load=

# start_load URL TOKEN [COMMAND...]: in the background, until end_load. A COMMAND runs ab elsewhere.
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

# load_goes_on: waits for a round that begins and ends from now on.
load_goes_on() {
  local goal=$(($(load_rounds) + 2))
  while [ "$(load_rounds)" -lt "$goal" ]; do
    kill -0 "$load" 2>/dev/null || fail "the load has ended: $(tail -n 40 "$throwaway/load")"
    sleep 0.05
  done
}

# end_load: how many requests were answered, in $complete, and how long the longest took, in $longest milliseconds; each
# with 2xx, or the script fails.
end_load() {
  touch "$throwaway/load.over"
  wait "$load" || fail "a request was not answered: $(tail -n 40 "$throwaway/load")"
  if grep -E '^Failed requests: *[1-9]|^Non-2xx' "$throwaway/load"; then fail "a request failed"; fi
  complete=$(awk '/^Complete requests:/ {sum += $3} END {print sum}' "$throwaway/load")
  longest=$(awk '/^ *100% / {if ($2 > most) most = $2} END {print most}' "$throwaway/load")
}
