"""An MCP client that sends a fixed header, as most clients can.

    client.py URL session          initializes, lists the tools, calls one
    client.py URL add TEXT         adds a note
    client.py URL watch COUNT      prints COUNT notes as they come, over one stream

The service access token is on standard input; if it is empty, the client sends no Authorization header. By default it uses
the protocol's first generation (a handshake and a session), with --modern the one without sessions.
"""

import argparse
import logging
import sys

import anyio
import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client


async def print_denial(response):
    if response.status_code >= 400:
        print(f"{response.status_code}  {response.headers.get('www-authenticate', '')}", flush=True)


async def session(client):
    print(f"connected to {client.server_info.name}, protocol {client.protocol_version}")
    print("tools:", ", ".join(tool.name for tool in (await client.list_tools()).tools))
    await add(client, "hello")
    print("notes:", (await client.call_tool("list_notes")).structured_content["result"][-1])


async def add(client, text):
    print((await client.call_tool("add_note", {"text": text})).content[0].text)


async def watch(client, count):
    async def show(progress, total, message):
        print(f"{progress:.0f}/{total:.0f} {message}", flush=True)

    print((await client.call_tool("watch_notes", {"count": int(count)}, progress_callback=show)).content[0].text)


async def run(arguments, token):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if arguments.host:
        headers["Host"] = arguments.host
    hooks = {"response": [print_denial]}
    # A stream may be silent for any time.
    timeout = httpx2.Timeout(30, read=None)
    async with httpx2.AsyncClient(headers=headers, event_hooks=hooks, timeout=timeout) as http:
        transport = streamable_http_client(arguments.url, http_client=http)
        async with Client(transport, mode="auto" if arguments.modern else "legacy") as client:
            await {"session": session, "add": add, "watch": watch}[arguments.step](client, *arguments.values)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("step", choices=["session", "add", "watch"])
    parser.add_argument("values", nargs="*")
    parser.add_argument("--modern", action="store_true")
    parser.add_argument("--host", help="the name of the site, if URL has an address")
    arguments = parser.parse_args()
    logging.disable()
    try:
        anyio.run(run, arguments, sys.stdin.readline().strip())
    except ExceptionGroup as group:
        # The error itself, without the task groups around it.
        error = group
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        if not isinstance(error, (MCPError, httpx2.HTTPError)):
            raise
        sys.exit(f"failed: {error}")


if __name__ == "__main__":
    main()
