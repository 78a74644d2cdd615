"""The Python SDK of the protocol, which asks for the newest era and falls back to `initialize`."""

from mcp import Client, StdioServerParameters
from run import run

run(lambda server: Client(StdioServerParameters(**server)))
