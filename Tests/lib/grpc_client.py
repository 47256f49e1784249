#!/usr/bin/env python3
"""Calls a gRPC service with and without tokens, each kind of call several times, and counts the codes it gets.

grpc_client.py ADDRESS REPEATS <TOKEN: one JSON object, by kind of call. grpc_client.py --serve ADDRESS serves it.
"""

import collections
import json
import sys
from concurrent import futures

import grpc

SERVICE = "test.Echo"
KINDS = ["unary_unary", "unary_stream", "stream_unary", "stream_stream"]


def several(request):
    return [request] * 20


class Echo(grpc.GenericRpcHandler):
    def service(self, call):
        kind = call.method.rsplit("/", 1)[-1]
        answers = {
            "unary_unary": lambda request, context: request,
            "unary_stream": lambda request, context: iter(several(request)),
            "stream_unary": lambda requests, context: b"%d" % sum(len(request) for request in requests),
            "stream_stream": lambda requests, context: requests,
        }
        if kind not in answers:
            return None
        return getattr(grpc, f"{kind}_rpc_method_handler")(answers[kind])


def serve(address):
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), handlers=[Echo()])
    server.add_insecure_port(address)
    server.start()
    print("serving", flush=True)
    server.wait_for_termination()


def call(channel, kind, token):
    method = getattr(channel, kind)(f"/{SERVICE}/{kind}")
    request = several(b"x" * 20_000) if kind.startswith("stream") else b"x"
    if kind.startswith("stream"):
        request = iter(request)
    metadata = [("authorization", f"Bearer {token}")] if token else []
    try:
        answer = method(request, metadata=metadata, timeout=20)
        if kind.endswith("stream"):
            list(answer)
        return "OK"
    except grpc.RpcError as error:
        return error.code().name


if sys.argv[1] == "--serve":
    serve(sys.argv[2])
else:
    token = sys.stdin.read()
    codes = {}
    for kind in KINDS:
        counts = collections.Counter()
        for _ in range(int(sys.argv[2])):
            with grpc.insecure_channel(sys.argv[1]) as channel:
                counts[call(channel, kind, token)] += 1
        codes[kind] = dict(counts)
    print(json.dumps(codes))
