"""Runs a client in Python through the steps of the plan, and prints as JSON what it listed and gave for each call."""

import asyncio
import json
import sys


def run(connect):
    """`connect` makes the client of the server that the plan names."""

    async def main(plan):
        async with connect(plan["server"]) as client:
            listed = await client.list_tools()
            tools = [tool.model_dump(mode="json") for tool in getattr(listed, "tools", listed)]
            given = []
            for step in plan["steps"]:
                try:
                    result = await client.call_tool(step["tool"], step["input"])
                    given.append("\n".join(getattr(block, "text", repr(block)) for block in result.content))
                except Exception as error:  # whatever it is, the caller is given its text
                    given.append(str(error))
        print(json.dumps({"tools": tools, "given": given}))

    asyncio.run(main(json.loads(sys.argv[1])))
