"""The protected API of the examples: it prints the client's application and Authorization header.

Listens on a free port of 127.0.0.1, which it writes into the file that its argument names.
"""

import http.server
import json
import os
import sys


class API(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        names = {"application": "X-Bearerd-Application", "authorization": "Authorization"}
        told = {what: self.headers.get(name, "") for what, name in names.items()}
        answer = (json.dumps(told, separators=(",", ":")) + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    def do_HEAD(self):
        self.do_GET()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), API)
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
