"""FastMCP's client, which throws a tool's error."""

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from run import run

run(lambda server: Client(StdioTransport(server["command"], server["args"], env=server["env"])))
