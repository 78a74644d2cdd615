"""FastMCP's client, which throws a tool's error."""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.transports import StdioTransport


async def main(plan):
    server = plan["server"]
    async with Client(StdioTransport(server["command"], server["args"], env=server["env"])) as client:
        listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in await client.list_tools()]
        given = {}
        for step in plan["steps"]:
            try:
                result = await client.call_tool(step["tool"], step["input"])
                given[step["step"]] = "\n".join(getattr(block, "text", repr(block)) for block in result.content)
            except Exception as error:  # whatever it is, the caller is given its text
                given[step["step"]] = str(error)
    print(json.dumps({"listed": listed, "given": given}))


asyncio.run(main(json.loads(sys.argv[1])))
