# Ports on loopback.

# free_port: a number below those that the system hands out by itself, so that nobody takes it meanwhile.
free_port() {
  local port
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 12000))
    if ! is_listening "$port"; then
      echo "$port"
      return
    fi
  done
  fail "no free port on 127.0.0.1"
}

is_listening() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# wait_until COMMAND...: tries for five seconds; fails where they were not enough.
wait_until() {
  for _ in {1..100}; do
    if "$@"; then return; fi
    sleep 0.05
  done
  return 1
}

# wait_long_until COMMAND...: a minute, for what a busy machine takes its time with.
wait_long_until() {
  for _ in {1..12}; do
    if wait_until "$@"; then return; fi
  done
  return 1
}
