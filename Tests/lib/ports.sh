# Ports on loopback.

# free_port: a port below the range that the kernel assigns by itself, so that no other program takes it meanwhile.
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

# wait_until COMMAND...: retries for five seconds; fails if the command never succeeds.
wait_until() {
  for _ in {1..100}; do
    if "$@"; then return; fi
    sleep 0.05
  done
  return 1
}

# wait_long_until COMMAND...: the same for a minute, for a busy machine.
wait_long_until() {
  for _ in {1..12}; do
    if wait_until "$@"; then return; fi
  done
  return 1
}
