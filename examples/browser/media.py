"""What a browser reads without headers of its own: links to an image and to events, and a WebSocket. Knows no tokens.

    media.py SOCKET SECRET-FILE
"""

import base64
import hashlib
import os
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler

SECRET = open(sys.argv[2]).read().strip()
IMAGE = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle cx="20" cy="20" r="18"/></svg>'


def link(path):
    """As nginx's secure_link_md5 has it."""
    expires = int(time.time()) + 60
    digest = hashlib.md5(f"{expires}{path} {SECRET}".encode()).digest()
    return f"{path}?md5={base64.urlsafe_b64encode(digest).decode().rstrip('=')}&expires={expires}"


class Media(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        print(self.path, dict(self.headers), flush=True)
        path = self.path.partition("?")[0]
        if path == "/socket":
            self.upgrade()
        elif path.startswith("/links/"):
            self.answer("text/plain", link(path.removeprefix("/links")).encode())
        elif path == "/media/picture.svg":
            self.answer("image/svg+xml", IMAGE)
        else:
            self.answer("text/event-stream", b"data: an event\n\n")

    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def upgrade(self):
        """Greets the application in one frame (RFC 6455)."""
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.send_header("Sec-WebSocket-Protocol", self.headers["Sec-WebSocket-Protocol"])
        self.end_headers()
        text = f"hello {self.headers['X-Bearerd-Application']}".encode()
        self.wfile.write(bytes([0x81, len(text)]) + text)
        self.close_connection = True
        self.rfile.read(1)

    def log_message(self, *_):
        pass

    def address_string(self):
        return "unix"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("unix", 0)


os.umask(0o117)
Server(sys.argv[1], Media).serve_forever()
