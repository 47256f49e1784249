"""The API of the example: what the SDKs of OpenAI and Anthropic request, and a model that greets. It knows no tokens.

    server.py SOCKET

It prints the headers of each request: there must be no secret in them.
"""

import json
import os
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler

PAUSE = 0.4
SILENCE = 12


class API(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.show()
        self.answer({"object": "list", "data": [{"id": "small", "object": "model", "created": 1, "owned_by": "example"}]})

    def do_POST(self):
        self.show()
        body = self.body()
        if self.path == "/v1/files":
            return self.answer({"id": "file-1", "object": "file", "bytes": len(body), "created_at": 1, "filename": "upload",
                                "purpose": "assistants", "status": "processed"})
        request = json.loads(body)
        words = ["Hello", ", ", self.headers["X-Bearerd-Application"] or "unknown"]
        if request["messages"][-1]["content"] == "think":
            time.sleep(SILENCE)
        events, whole = (chat if self.path == "/v1/chat/completions" else message)(words)
        if request.get("stream"):
            self.stream(events)
        else:
            self.answer(whole)

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers["Content-Length"]))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, events):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for name, value in events:
            event = f"event: {name}\n" if name else ""
            self.wfile.write(f"{event}data: {value if isinstance(value, str) else json.dumps(value)}\n\n".encode())
            self.wfile.flush()
            if name in ("", "content_block_delta"):
                time.sleep(PAUSE)
        self.close_connection = True

    def show(self):
        print(self.command, self.path, dict(self.headers), flush=True)

    def log_message(self, *_):
        pass

    def address_string(self):
        return "unix"


def chat(words):
    """The events and the whole of a chat completion of OpenAI."""
    def choice(name, **others):
        return {"id": "chat-1", "object": name, "created": 1, "model": "small", "choices": [{"index": 0, **others}]}

    events = [("", choice("chat.completion.chunk", delta={"content": word}, finish_reason=None)) for word in words]
    whole = choice("chat.completion", message={"role": "assistant", "content": "".join(words)}, finish_reason="stop")
    return [*events, ("", "[DONE]")], whole


def message(words):
    """The events and the whole of a message of Anthropic."""
    def whole(content, reason):
        return {"id": "msg_1", "type": "message", "role": "assistant", "model": "small", "content": content,
                "stop_reason": reason, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}

    events = [{"type": "message_start", "message": whole([], None)},
              {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
              *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}} for word in words),
              {"type": "content_block_stop", "index": 0},
              {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 3}},
              {"type": "message_stop"}]
    return [(event["type"], event) for event in events], whole([{"type": "text", "text": "".join(words)}], "end_turn")


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("unix", 0)


# Only nginx may connect: on a TCP port, every program of this machine could send X-Bearerd-Application.
os.umask(0o117)
Server(sys.argv[1], API).serve_forever()
