#!/usr/bin/python3
"""A backend of every kind, which reports the parameters it gets.

    report.py                      one request, as a CGI program
    report.py http|fastcgi|scgi|uwsgi PORT
                                   serves that protocol on a port of 127.0.0.1
    report.py                      with a listening socket as standard input: FastCGI, as under mod_fcgid

mod_wsgi calls `application`.

The report has its own length in its first line, then a variable a line, then enough text to need several writes, and
`end` in its last line. Every character of a name that is neither a letter nor a digit is shown as `_`: CGI, PHP and
others do so with some of them, and then a client can write a name in several ways.
"""

import os
import re
import socket
import stat
import struct
import sys

FILLER = "".join(f"line {number} of what a backend has to say\n" for number in range(5000))


def report(variables):
    lines = [re.sub("[^A-Z0-9]", "_", name.upper()) + "=" + value for name, value in variables]
    body = "\n".join(sorted(lines)) + "\n" + FILLER + "end\n"
    return f"length {len(body):9}\n{body}".encode("utf-8", "surrogateescape")


def headers(body):
    return [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), ("Cache-Control", "max-age=60")]


def cgi_answer(variables):
    body = report(variables)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers(body))
    return f"Status: 200 OK\r\n{head}\r\n".encode() + body


def application(environ, start_response):
    body = report([(name, value) for name, value in environ.items() if isinstance(value, str)])
    start_response("200 OK", headers(body))
    return [body]


class Peer:
    """A connection of which exactly so many bytes can be read."""

    def __init__(self, connection):
        self.connection = connection
        self.stream = connection.makefile("rb")

    def read(self, count):
        content = self.stream.read(count)
        if len(content) < count:
            raise EOFError
        return content


def name_values(content):
    at = 0
    while at < len(content):
        lengths = []
        for _ in range(2):
            length = content[at]
            if length < 128:
                at += 1
            else:
                length = struct.unpack("!I", content[at:at + 4])[0] & 0x7FFFFFFF
                at += 4
            lengths.append(length)
        name, value = content[at:at + lengths[0]], content[at + lengths[0]:at + sum(lengths)]
        at += sum(lengths)
        yield text(name), text(value)


def text(content):
    return content.decode("utf-8", "surrogateescape")


def fastcgi(peer):
    while True:
        parameters, isKept, isComplete = b"", False, False
        while not isComplete:
            kind, number, length, padding = struct.unpack("!xBHHBx", peer.read(8))
            content = peer.read(length)
            peer.read(padding)
            if kind == 1:
                isKept = content[2] & 1
            elif kind == 4:
                parameters += content
            isComplete = kind == 5 and length == 0
        answer = cgi_answer(name_values(parameters))
        for at in range(0, len(answer), 32768):
            part = answer[at:at + 32768]
            peer.connection.sendall(struct.pack("!BBHHxx", 1, 6, number, len(part)) + part)
        peer.connection.sendall(struct.pack("!BBHHxx", 1, 3, number, 8) + bytes(8))
        if not isKept:
            return


def scgi(peer):
    length = b""
    while not length.endswith(b":"):
        length += peer.read(1)
    parts = peer.read(int(length[:-1])).split(b"\0")
    peer.connection.sendall(cgi_answer(zip(map(text, parts[::2]), map(text, parts[1::2]))))


def uwsgi(peer):
    length = struct.unpack("<xHx", peer.read(4))[0]
    content, words, at = peer.read(length), [], 0
    while at < length:
        size = struct.unpack("<H", content[at:at + 2])[0]
        words.append(text(content[at + 2:at + 2 + size]))
        at += 2 + size
    body = report(zip(words[::2], words[1::2]))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers(body))
    peer.connection.sendall(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body)


def http(peer):
    while True:
        line, variables = peer.stream.readline(), []
        if not line:
            return
        variables.append(("REQUEST_LINE", text(line).strip()))
        length = 0
        for line in iter(peer.stream.readline, b"\r\n"):
            name, _, value = text(line).partition(":")
            variables.append(("HTTP_" + name, value.strip()))
            if name.lower() == "content-length":
                length = int(value)
        peer.read(length)
        body = report(variables)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers(body))
        peer.connection.sendall(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body)


def serve(listener, protocol):
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            try:
                protocol(Peer(connection))
            except (EOFError, OSError):
                pass
            os._exit(0)
        connection.close()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


def main():
    if len(sys.argv) == 3:
        serve(socket.create_server(("127.0.0.1", int(sys.argv[2]))), globals()[sys.argv[1]])
    elif stat.S_ISSOCK(os.fstat(0).st_mode) and "GATEWAY_INTERFACE" not in os.environ:
        serve(socket.socket(fileno=0), fastcgi)
    else:
        sys.stdout.buffer.write(cgi_answer(os.environ.items()))


if __name__ == "__main__":
    main()
