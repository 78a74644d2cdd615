"""The Python SDK of the protocol, which asks for the newest era and falls back to `initialize`."""

import asyncio
import json
import sys

from mcp import Client, StdioServerParameters


async def main(plan):
    server = StdioServerParameters(**plan["server"])
    async with Client(server) as client:
        listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in (await client.list_tools()).tools]
        given = {}
        for step in plan["steps"]:
            try:
                result = await client.call_tool(step["tool"], step["input"])
                given[step["step"]] = "\n".join(getattr(block, "text", repr(block)) for block in result.content)
            except Exception as error:  # whatever it is, the caller is given its text
                given[step["step"]] = repr(error)
    print(json.dumps({"listed": listed, "given": given}))


asyncio.run(main(json.loads(sys.argv[1])))
