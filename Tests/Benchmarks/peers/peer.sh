#!/bin/sh
# The same check as a script of the shell, for fcgiwrap: without another program, so as fast as it can be.
read -r token <"$BENCH_TOKEN"
if [ "$HTTP_AUTHORIZATION" = "Bearer $token" ]; then
  printf 'Status: 200 OK\r\nX-Bearerd-Application: bench\r\nX-Bearerd-Key: k7f3q2\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n'
else
  printf 'Status: 401 Unauthorized\r\nWWW-Authenticate: Bearer realm="bench"\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n'
fi
