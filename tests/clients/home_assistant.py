"""A real Home Assistant, with Jane as its ears, mind and voice: it finds and adds her by its own flow, and whole voice pipelines are run.

usage: home_assistant.py JANE [RECORDINGS]
Runs in the Python that `home_assistant_requirements.txt` is installed in; `make home-assistant` does both. JANE is the built program, whose
models are in `JANE_MODELS__DIRECTORY`, else in `models`; RECORDINGS is a directory with `capital_of_france.wav` (default: `tests/data`).
Home Assistant and Jane are started and ended here, each with a directory of its own.
"""

import asyncio
import io
import itertools
import json
import os
import random
import signal
import socket
import sys
import tempfile
import time
import wave
from pathlib import Path

import aiohttp
import imageio_ffmpeg
from aiohttp import web

JANE = Path(sys.argv[1]).resolve()
ROOT = Path(__file__).resolve().parent.parent.parent
RECORDINGS = Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "tests/data").resolve()
PATIENCE = 120

# A house: a light in the kitchen whose brightness can be set, and nothing that asks for the Internet.
CONFIGURATION = """
homeassistant:
  name: Home
  unit_system: metric
  time_zone: UTC
http:
  server_host: 127.0.0.1
  server_port: {port}
ffmpeg:
  ffmpeg_bin: {ffmpeg}
assist_pipeline:
config:
zeroconf:
input_boolean:
  lit:
input_number:
  brightness:
    min: 0
    max: 255
light:
  - platform: template
    lights:
      kitchen:
        friendly_name: kitchen light
        unique_id: kitchen-light
        value_template: "{{{{ is_state('input_boolean.lit', 'on') }}}}"
        level_template: "{{{{ states('input_number.brightness') | int }}}}"
        turn_on: {{action: input_boolean.turn_on, target: {{entity_id: input_boolean.lit}}}}
        turn_off: {{action: input_boolean.turn_off, target: {{entity_id: input_boolean.lit}}}}
        set_level:
          - {{action: input_boolean.turn_on, target: {{entity_id: input_boolean.lit}}}}
          - action: input_number.set_value
            target: {{entity_id: input_number.brightness}}
            data: {{value: "{{{{ brightness }}}}"}}
logger:
  default: warning
  logs:
    homeassistant.components.wyoming: debug
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Model:
    """A language model that writes the calls that it is told to; a server for OpenAI's interface."""

    def __init__(self):
        self.call = self.asked = None
        self.says, self.url = "I have nothing to call.", ""

    async def start(self):
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self.answer)
        app.router.add_get("/v1/models", lambda _: web.json_response({"object": "list", "data": [{"id": "model"}]}))
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}/v1"

    async def answer(self, request):
        self.asked = await request.json()
        offered = {tool["function"]["name"] for tool in self.asked.get("tools", [])}
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        delta, finish = {"content": self.says}, "stop"
        if self.call and self.call[0] in offered:
            function = {"name": self.call[0], "arguments": json.dumps(self.call[1])}
            delta = {"tool_calls": [{"index": 0, "id": "1", "type": "function", "function": function}]}
            finish = "tool_calls"
        for choice in ({"delta": delta}, {"delta": {}, "finish_reason": finish}):
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "model"}
            chunk["choices"] = [{"index": 0, "finish_reason": None, **choice}]
            await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response


class Jane:
    """`jane serve`, which can be ended and started again at the same address."""

    def __init__(self, place):
        self.home = place / "jane"
        self.port = free_port()
        self.process = None
        self.environment = {"JANE_MODELS__DIRECTORY": str(ROOT / "models"), **os.environ}
        self.environment.pop("JANE_HOME", None)

    async def run(self, *arguments):
        process = await asyncio.create_subprocess_exec(
            *(JANE, "--home", self.home, *arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment,
        )
        told, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 0, (arguments, told, errors)
        return told.decode()

    async def start(self, *more):
        # Beyond loopback, for that is where she announces herself.
        settings = [
            "serve.listen=127.0.0.1:0",
            f"serve.wyoming=0.0.0.0:{self.port}",
            "wake.phrase=Hey Jane",
            "llm.temperature=0",
            *more,
        ]
        arguments = [part for setting in settings for part in ("--set", setting)]
        self.process = await asyncio.create_subprocess_exec(
            JANE,
            "--home",
            self.home,
            "serve",
            "--json",
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            env=self.environment,
            limit=1 << 20,
        )
        self.events = []
        while True:
            line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)
            assert line, "Jane ended"
            event = json.loads(line)
            if event.get("interface") == "wyoming":
                break
        self.reading = asyncio.create_task(self.read())

    async def read(self):
        while line := await self.process.stdout.readline():
            self.events.append(json.loads(line))

    async def stop(self):
        if self.process and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(self.process.wait(), PATIENCE) == 0


class HomeAssistant:
    """A Home Assistant with an owner, spoken to as its own page does it."""

    def __init__(self, place):
        self.config = place / "home_assistant"
        self.config.mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = self.session = self.socket = None
        self.numbers = itertools.count(1)

    async def start(self):
        ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
        configuration = CONFIGURATION.format(port=self.port, ffmpeg=ffmpeg)
        (self.config / "configuration.yaml").write_text(configuration)
        self.log = open(self.config / "output", "wb")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "homeassistant", "--skip-pip", "--config", self.config),
            stdout=self.log,
            stderr=self.log,
        )
        self.session = aiohttp.ClientSession()
        person = {"name": "Owner", "username": "owner", "password": f"{random.getrandbits(64)}"}
        client = f"{self.url}/"
        begun = time.monotonic()
        while True:
            assert self.process.returncode is None, self.told()
            assert time.monotonic() - begun < PATIENCE, self.told()
            try:
                code = await self.post("/api/onboarding/users", {**person, "client_id": client, "language": "en"})
                break
            except (aiohttp.ClientConnectionError, aiohttp.ClientResponseError):
                await asyncio.sleep(0.5)
        form = {"grant_type": "authorization_code", "code": code["auth_code"], "client_id": client}
        async with self.session.post(self.url + "/auth/token", data=form) as answer:
            token = (await answer.json())["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.socket = await self.session.ws_connect(self.url + "/api/websocket")
        await self.socket.receive_json()
        await self.socket.send_json({"type": "auth", "access_token": token})
        assert (await self.socket.receive_json())["type"] == "auth_ok"
        return time.monotonic() - begun

    async def stop(self):
        if self.session:
            await self.session.close()
        if self.process and self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 60)
            except TimeoutError:
                self.process.kill()

    def told(self):
        return (self.config / "output").read_text(errors="replace")[-8000:]

    async def post(self, path, data):
        async with self.session.post(self.url + path, json=data, raise_for_status=True) as answer:
            return await answer.json()

    async def get(self, path):
        async with self.session.get(self.url + path, raise_for_status=True) as answer:
            return await (answer.json() if answer.content_type == "application/json" else answer.read())

    async def ask(self, kind, **data):
        """What a command of its WebSocket comes to."""
        number = next(self.numbers)
        await self.socket.send_json({"id": number, "type": kind, **data})
        while (answer := await self.socket.receive_json(timeout=PATIENCE))["id"] != number:
            pass
        assert answer["success"], answer
        return answer["result"]

    async def run(self, pipeline, sound=None, text=None, conversation=None, wakes=False, end="tts", patience=PATIENCE):
        """A pipeline from sound or from text to its end: what came of each stage. Sound is sent as fast as it is heard."""
        number = next(self.numbers)
        rate, samples = sound or (None, b"")
        start = "wake_word" if wakes else "stt" if sound else "intent"
        given = {"sample_rate": rate} if sound else {"text": text}
        request = {"id": number, "type": "assist_pipeline/run", "start_stage": start, "end_stage": end, "input": given}
        request |= {"pipeline": pipeline, "conversation_id": conversation, "timeout": patience}
        await self.socket.send_json(request)

        async def send(handler):
            size = rate // 25 * 2
            for at in range(0, len(samples), size):
                await self.socket.send_bytes(bytes([handler]) + samples[at : at + size])
                await asyncio.sleep(0.04)
            await self.socket.send_bytes(bytes([handler]))

        sending, came, begun = None, {}, time.monotonic()
        while True:
            answer = await self.socket.receive_json(timeout=PATIENCE + 10)
            if answer["id"] != number:
                continue
            if answer["type"] == "result":
                assert answer["success"], answer
                continue
            kind, data = answer["event"]["type"], answer["event"]["data"]
            came[kind] = data
            came.setdefault("times", {})[kind] = round(time.monotonic() - begun, 2)
            if kind == "run-start" and sound:
                sending = asyncio.create_task(send(data["runner_data"]["stt_binary_handler_id"]))
            if kind == "run-end" or data and data.get("code") == "timeout":
                break
        if sending:
            sending.cancel()
        return came


def heard(came):
    return came["stt-end"]["stt_output"]["text"].strip()


def answered(came):
    output = came["intent-end"]["intent_output"]
    speech = output["response"]["speech"].get("plain", {}).get("speech", "")
    return output["response"]["response_type"], speech, output["conversation_id"]


def account(came):
    """What came of a run, in few words."""
    if came.get("error"):
        return came["error"]
    return answered(came) if "intent-end" in came else f"no more than {list(came.get('times', {}))}"


def recording(path, seconds_behind=2):
    """Its rate and its samples, with silence behind, in which Home Assistant finds the end."""
    with wave.open(str(path)) as file:
        assert file.getsampwidth() == 2 and file.getnchannels() == 1, path
        rate = file.getframerate()
        return rate, file.readframes(file.getnframes()) + bytes(2 * rate * seconds_behind)


class House:
    """Both, and what is between them."""

    def __init__(self, place):
        self.place = place
        self.jane = Jane(place)
        self.assistant = HomeAssistant(place)
        self.faults = []

    def expect(self, holds, fault):
        """What comes after it can be tried all the same."""
        if not holds:
            print("FAULT", fault)
            self.faults.append(fault)

    async def start(self):
        await self.jane.run("init", self.jane.home)
        begun = time.monotonic()
        await self.jane.start()
        print(f"started: Jane in {time.monotonic() - begun:.1f} s", end=", ")
        print(f"Home Assistant in {await self.assistant.start():.1f} s")

    async def said(self, text):
        """A recording of somebody who says this."""
        path = self.place / "said.wav"
        await self.jane.run("say", text, "--out", path)
        return recording(path)

    async def is_added(self):
        """By the flow that her announcement starts; else by her address."""
        begun, flow = time.monotonic(), None
        while not flow and time.monotonic() - begun < 20:
            flows = await self.assistant.ask("config_entries/flow/progress")
            flow = next((flow for flow in flows if flow["handler"] == "wyoming"), None)
            await asyncio.sleep(0.25)
        path = "/api/config/config_entries/flow"
        if flow:
            found = f"discovered after {time.monotonic() - begun:.1f} s"
            assert flow["context"]["title_placeholders"] == {"name": "jane"}, flow
            # She listens at none of these here.
            told = [line for line in self.assistant.told().splitlines() if "Zeroconf discovery info" in line]
            addresses = [line.split("ip_addresses=")[-1].split("]")[0] for line in told]
            self.expect("IPv6" not in str(addresses), f"announced where she does not listen: {addresses}")
            entry = await self.assistant.post(f"{path}/{flow['flow_id']}", {})
        else:
            found = "added by her address (not discovered)"
            flow = await self.assistant.post(path, {"handler": "wyoming"})
            address = {"host": "127.0.0.1", "port": self.jane.port}
            entry = await self.assistant.post(f"{path}/{flow['flow_id']}", address)
        assert entry["type"] == "create_entry", entry
        entry = entry["result"]["entry_id"]
        for _ in range(40):
            entities = await self.assistant.ask("config/entity_registry/list")
            entities = [entity["entity_id"] for entity in entities if entity["config_entry_id"] == entry]
            states = {state["entity_id"] for state in await self.assistant.ask("get_states")}
            if len(entities) == 4 and states.issuperset(entities):
                break
            await asyncio.sleep(0.25)
        self.engines = {entity.split(".")[0]: entity for entity in entities}
        assert set(self.engines) == {"stt", "tts", "conversation", "wake_word"}, entities
        print(f"added: {found}; entities {', '.join(sorted(entities))}")

    async def has_a_pipeline(self):
        # As the page offers them for English: none of hers may be left out.
        agents = (await self.assistant.ask("conversation/agent/list", language="en"))["agents"]
        offered = {agent["id"]: agent["supported_languages"] for agent in agents}
        self.expect(offered[self.engines["conversation"]], f"her mind is not offered: {offered}")
        for kind in ("stt", "tts"):
            engines = (await self.assistant.ask(f"{kind}/engine/list", language="en"))["providers"]
            offered = {engine["engine_id"]: engine["supported_languages"] for engine in engines}
            assert offered[self.engines[kind]], offered
        voices = await self.assistant.ask("tts/engine/voices", engine_id=self.engines["tts"], language="en_US")
        words = await self.assistant.ask("wake_word/info", entity_id=self.engines["wake_word"])
        word = words["wake_words"][0]
        pipeline = await self.assistant.ask(
            "assist_pipeline/pipeline/create",
            name="Jane",
            language="en",
            conversation_engine=self.engines["conversation"],
            conversation_language="en",
            stt_engine=self.engines["stt"],
            stt_language="en",
            tts_engine=self.engines["tts"],
            tts_language="en_US",
            tts_voice=voices["voices"][0]["voice_id"],
            wake_word_entity=self.engines["wake_word"],
            wake_word_id=word["id"],
        )
        self.pipeline = pipeline["id"]
        print(f"pipeline: voice {voices['voices'][0]['voice_id']}, wake word {word['phrase']!r}")
        areas = {area["area_id"] for area in await self.assistant.ask("config/area_registry/list")}
        assert "kitchen" in areas, areas
        entities = [entity["entity_id"] for entity in await self.assistant.ask("config/entity_registry/list")]
        self.light = next(entity for entity in entities if entity.startswith("light."))
        await self.assistant.ask("config/entity_registry/update", entity_id=self.light, area_id="kitchen")

    async def lit(self):
        state = await self.assistant.get(f"/api/states/{self.light}")
        return state["state"], state["attributes"].get("brightness")

    async def spoken(self, came):
        """What her voice said, by her own ears; and for how long."""
        output = came["tts-end"]["tts_output"]
        sound = await self.assistant.get(output["url"])
        path = self.place / "answer.wav"
        if not sound.startswith(b"RIFF"):
            # Home Assistant makes MP3 of it where nothing else is asked for.
            coded = self.place / "answer.mp3"
            coded.write_bytes(sound)
            command = ["-v", "error", "-y", "-i", coded, path]
            process = await asyncio.create_subprocess_exec(imageio_ffmpeg.get_ffmpeg_exe(), *command)
            assert await process.wait() == 0
        with wave.open(str(path)) as file:
            seconds = file.getnframes() / file.getframerate()
        text = await self.jane.run("transcribe", path)
        return text.strip(), seconds, output["mime_type"]

    async def answers_a_question(self):
        came = await self.assistant.run(self.pipeline, recording(RECORDINGS / "capital_of_france.wav"))
        assert "capital of France" in heard(came), came
        kind, speech, _ = answered(came)
        assert kind == "action_done" and "Paris" in speech, came
        text, seconds, mime = await self.spoken(came)
        assert "Paris" in text and 0.5 < seconds < 15, (text, seconds)
        print(f"question: heard {heard(came)!r}, answered {speech!r}, spoken {seconds:.1f} s of {mime}: {text!r}")
        print(f"  seconds: {came['times']}")

    async def the_house_does_it(self):
        assert (await self.lit())[0] == "off"
        for command, wanted in (
            ("Turn on the kitchen light.", "on"),
            ("Dim the kitchen light to 20 percent.", "on"),
            ("Turn off the kitchen light.", "off"),
        ):
            came = await self.assistant.run(self.pipeline, await self.said(command))
            kind, speech, _ = answered(came)
            state, brightness = await self.lit()
            print(f"house: heard {heard(came)!r}, {kind}, said {speech!r}, the light is {state} {brightness}")
            self.expect(kind == "action_done" and state == wanted, f"{command} {account(came)}")

    async def a_timer_is_set(self):
        came = await self.assistant.run(self.pipeline, await self.said("Set a timer for ten minutes."))
        kind, speech, _ = answered(came)
        print(f"timer: heard {heard(came)!r}, answered {speech!r}")
        self.expect(kind == "action_done", account(came))

    async def nothing_is_heard(self):
        # Silence for longer than Home Assistant waits for speech; and noise of somebody else's.
        begun = time.monotonic()
        came = await self.assistant.run(self.pipeline, (16000, bytes(2 * 16000 * 20)))
        print(f"silence: {account(came)} after {time.monotonic() - begun:.1f} s")
        self.expect(came.get("error"), account(came))
        noise = random.Random(1)
        samples = b"".join(noise.randint(-3000, 3000).to_bytes(2, "little", signed=True) for _ in range(3 * 16000))
        begun = time.monotonic()
        came = await self.assistant.run(self.pipeline, (16000, samples + bytes(2 * 16000 * 2)))
        print(f"noise: {account(came)} after {time.monotonic() - begun:.1f} s")

    async def is_called(self):
        rate, phrase = await self.said("Hey Jane!")
        _, question = await self.said("What is the capital of France?")
        came = await self.assistant.run(self.pipeline, (rate, bytes(2 * rate) + phrase + question), wakes=True)
        word = came.get("wake_word-end", {}).get("wake_word_output", {})
        print(f"wake word: {word}, {account(came)}")
        self.expect(word.get("wake_word_id") == "jane" and "Paris" in str(account(came)), account(came))

    async def comes_back(self):
        await self.jane.stop()
        came = await self.assistant.run(self.pipeline, recording(RECORDINGS / "capital_of_france.wav"))
        print(f"without Jane: {account(came)}")
        assert came.get("error"), came
        await self.jane.start()
        await self.answers_a_question()

    async def the_house_is_told(self):
        """The same with a model that calls as it is told to: what Jane tells of it, and what Home Assistant makes of that."""
        model = Model()
        await model.start()
        await self.jane.stop()
        await self.jane.start("llm.backend=openai", "llm.model=model", f"llm.remote.url={model.url}")
        on, off, light = "HassTurnOn", "HassTurnOff", "HassLightSet"
        for name, arguments, wanted, brightness in (
            (on, {"name": "kitchen light"}, "on", None),
            (off, {"name": "The Kitchen Light"}, "off", None),
            (on, {"name": "light", "area": "kitchen"}, "on", None),
            (off, {"name": "lights", "area": "the kitchen"}, "off", None),
            (on, {"area": "kitchen"}, "on", None),
            (off, {"name": "kitchen light", "area": ""}, "off", None),
            (light, {"name": "kitchen light", "brightness": 20}, "on", 51),
            (light, {"name": "light", "area": "kitchen", "brightness": 80}, "on", 204),
            (off, {"name": "all the lights"}, "off", None),
        ):
            model.call = name, arguments
            came = await self.assistant.run(self.pipeline, text="Please do what I mean.")
            kind, speech, _ = answered(came)
            state, bright = await self.lit()
            print(f"told: {name} {arguments}: {kind}, said {speech[:40]!r}, the light is {state} {bright or ''}")
            is_done = kind == "action_done" and state == wanted and brightness in (None, bright)
            self.expect(is_done and speech, f"{name} {arguments}: {account(came)}")
        # One pipeline behind the other is one conversation, and another one is not.
        model.call, model.says = None, "The moon is far away."
        came = await self.assistant.run(self.pipeline, text="How far is the moon?")
        _, _, conversation = answered(came)
        for other, is_known, answer in ((conversation, True, "You are at home."), (None, False, "I don't know.")):
            model.says = answer
            came = await self.assistant.run(self.pipeline, text="Where am I?", conversation=other)
            told = [str(message.get("content")) for message in model.asked["messages"]]
            knows = any("How far is" in text for text in told) and any("is far away" in text for text in told)
            print(f"history: {account(came)}; {'the same conversation' if is_known else 'another one'}, known: {knows}")
            self.expect(knows == is_known, told)
        # A model that is gone: the failure is told, and not waited for.
        await model.runner.cleanup()
        begun = time.monotonic()
        came = await self.assistant.run(self.pipeline, text="Please do what I mean.", patience=30)
        print(f"without a model: {account(came)} after {time.monotonic() - begun:.1f} s")
        self.expect("intent-end" in came, "what failed is waited for")

    async def run(self):
        await self.start()
        await self.is_added()
        await self.has_a_pipeline()
        await self.answers_a_question()
        await self.the_house_does_it()
        await self.a_timer_is_set()
        await self.nothing_is_heard()
        await self.is_called()
        await self.comes_back()
        await self.the_house_is_told()


async def main():
    with tempfile.TemporaryDirectory() as place:
        house, begun = House(Path(place)), time.monotonic()
        try:
            await house.run()
            print(f"all of it took {time.monotonic() - begun:.0f} s")
            assert not house.faults, f"{len(house.faults)} faults"
        except BaseException:
            if house.assistant.process and not house.faults:
                print(house.assistant.told(), file=sys.stderr)
            raise
        finally:
            await house.assistant.stop()
            await house.jane.stop()


asyncio.run(main())
