// The same check in Go: SHA-256 of the token, looked up in a map; over FastCGI by net/http/fcgi, or over HTTP with
// connections that are kept.
//
//	peer fcgi|http SOCKET <TOKEN
package main

import (
	"bufio"
	"crypto/sha256"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"strings"
)

func main() {
	token, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	applications := map[[sha256.Size]byte]string{sha256.Sum256([]byte(strings.TrimSpace(token))): "bench"}
	check := http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		header := request.Header.Get("Authorization")
		application, isKnown := applications[sha256.Sum256([]byte(strings.TrimPrefix(header, "Bearer ")))]
		answer.Header().Set("Cache-Control", "no-store")
		answer.Header().Set("Content-Length", "0")
		if !isKnown || !strings.HasPrefix(header, "Bearer ") {
			answer.Header().Set("WWW-Authenticate", `Bearer realm="bench"`)
			answer.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer.Header().Set("X-Bearerd-Application", application)
		answer.Header().Set("X-Bearerd-Key", "k7f3q2")
	})
	listener, err := net.Listen("unix", os.Args[2])
	if err != nil {
		panic(err)
	}
	if err := os.Chmod(os.Args[2], 0o666); err != nil {
		panic(err)
	}
	if os.Args[1] == "fcgi" {
		panic(fcgi.Serve(listener, check))
	}
	panic(http.Serve(listener, check))
}
