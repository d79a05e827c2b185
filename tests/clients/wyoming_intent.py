"""What Home Assistant is to do by itself: an intent in place of an answer, by the `wyoming` package's own client.

usage: wyoming_intent.py HOST PORT
The model calls `HassTurnOn` for the light in the kitchen.
"""

import asyncio
import sys

from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.intent import Intent

host, port = sys.argv[1], int(sys.argv[2])


async def main():
    async with AsyncTcpClient(host, port) as connection:
        data = {"text": "Turn on the light in the kitchen.", "language": "en", "context": {"conversation_id": "one"}}
        await connection.write_event(Event("transcript", data))
        while not Intent.is_type((event := await asyncio.wait_for(connection.read_event(), 120)).type):
            assert not Error.is_type(event.type), event
        intent = Intent.from_event(event)
        wanted = {entity.name: entity.value for entity in intent.entities}
        assert intent.name == "HassTurnOn" and wanted == {"domain": "light", "area": "kitchen"}, intent
        assert intent.text, intent
        print("intent", intent.name, wanted)


asyncio.run(main())
