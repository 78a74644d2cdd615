"""Pydantic AI: an agent with the server as its toolset."""

import asyncio
import json
import sys

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.models.openai import OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider


async def main(plan):
    server = plan["server"]
    toolset = MCPToolset(StdioTransport(server["command"], server["args"], env=server["env"]))
    model = OpenAIResponsesModel("scripted", provider=OpenAIProvider(base_url=plan["model"], api_key="none"))
    async with Agent(model, toolsets=[toolset]) as agent:
        await agent.run(plan["prompt"])


asyncio.run(main(json.loads(sys.argv[1])))
