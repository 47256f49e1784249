#!/usr/bin/python3
"""The API of the example: a to-do list for each application that calls.

    api.py SOCKET [GROUP]

It trusts X-Bearerd-Application, because only nginx can connect to SOCKET: the socket belongs to the user that starts this,
and to GROUP. On a TCP port, every program of this machine could send that header.
"""

import json
import os
import re
import shutil
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler

LONGEST_BODY = 10_000


class Lists:
    """The to-dos, by application and number."""

    def __init__(self):
        self.lock = threading.Lock()
        self.last = 0
        self.lists = {}

    def of(self, application):
        with self.lock:
            todos = self.lists.get(application, {})
            return [{"id": number, "text": text} for number, text in todos.items()]

    def add(self, application, text):
        with self.lock:
            self.last += 1
            self.lists.setdefault(application, {})[self.last] = text
            return {"id": self.last, "text": text}

    def remove(self, application, number):
        with self.lock:
            return self.lists.get(application, {}).pop(number, None) is not None


class Handler(BaseHTTPRequestHandler):
    lists = Lists()

    @property
    def application(self):
        return self.headers.get("X-Bearerd-Application", "")

    def parse_request(self):
        if not super().parse_request():
            return False
        if not self.application:
            # There was no check: the site's configuration is wrong.
            self.send_error(500, "This is not behind bearerd")
            return False
        return True

    def do_GET(self):
        if self.path == "/api/me":
            self.answer(200, {"application": self.application})
        elif self.path == "/api/todos":
            self.answer(200, {"todos": self.lists.of(self.application)})
        else:
            self.answer(404, {"error": "no such path"})

    def do_POST(self):
        if self.path != "/api/todos":
            self.answer(404, {"error": "no such path"})
            return
        try:
            length = int(self.headers.get("Content-Length", ""))
            text = json.loads(self.rfile.read(min(length, LONGEST_BODY)))["text"]
        except (ValueError, KeyError, TypeError):
            text = None
        if not isinstance(text, str):
            self.answer(400, {"error": 'a to-do is {"text": "..."}'})
            return
        self.answer(201, self.lists.add(self.application, text))

    def do_DELETE(self):
        match = re.fullmatch(r"/api/todos/([0-9]{1,9})", self.path)
        if match and self.lists.remove(self.application, int(match[1])):
            self.answer(204)
        else:
            self.answer(404, {"error": "no such to-do"})

    def answer(self, status, value=None):
        body = b"" if value is None else json.dumps(value).encode() + b"\n"
        self.send_response(status)
        if value is not None:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return self.application


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


def main():
    socket, group = sys.argv[1], sys.argv[2:]
    if os.path.exists(socket):
        os.unlink(socket)
    os.umask(0o117)
    with Server(socket, Handler) as server:
        if group:
            shutil.chown(socket, group=group[0])
        server.serve_forever()


if __name__ == "__main__":
    main()
