"""The MCP server of the example: notes that applications add and watch. It knows nothing of tokens.

    server.py SOCKET

It trusts X-Bearerd-Application, because only nginx can connect to SOCKET: on a TCP port, every program of this machine
could send that header.
"""

import os
import sys

import anyio
import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.transport_security import TransportSecuritySettings

mcp = MCPServer("notes")
notes: list[str] = []
changed = anyio.Condition()


@mcp.tool()
async def add_note(text: str, context: Context) -> str:
    """Adds a note, under the name of the application that calls."""
    note = f"{context.headers['x-bearerd-application']}: {text}"
    async with changed:
        notes.append(note)
        changed.notify_all()
    return note


@mcp.tool()
async def list_notes() -> list[str]:
    """All notes."""
    return notes


@mcp.tool()
async def watch_notes(count: int, context: Context) -> str:
    """Reports the next notes, one by one, as they are added."""
    seen = len(notes)
    await context.report_progress(0, count, "watching")
    for number in range(1, count + 1):
        async with changed:
            while len(notes) <= seen:
                await changed.wait()
        await context.report_progress(number, count, notes[seen])
        seen += 1
    return f"saw {count}"


# The site's host name; the server rejects others (DNS rebinding).
app = mcp.streamable_http_app(transport_security=TransportSecuritySettings(allowed_hosts=["mcp.example.com"]))

if __name__ == "__main__":
    os.umask(0o117)
    uvicorn.run(app, uds=sys.argv[1], log_level="warning")
