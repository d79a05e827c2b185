#!/usr/bin/env python3
"""What it costs to be talked to over the network, and by many at once: benches/sessions.py [--jane PROGRAM] [--sessions N] [--set KEY=VALUE ...]

Speaks the recordings of tests/data over the Realtime interface at real speed, each session all of them, in an order of its own: one session, then N
at once, then one again. A first word is counted from the last sample that is speech to the first sound that the client gets. Then the model
writes 128 tokens for one client, for N at once, and for one again. `--talk` has `jane talk` hear the same recordings as well. `--strangers M` has the N
talk once more while M clients at a time connect, stall, send what is no request, and vanish; and tells what they leave in memory and of descriptors.

Needs Python's package `websockets` (tests/clients/requirements.txt).
"""
import argparse, asyncio, base64, json, multiprocessing, os, pathlib, random, socket, statistics, struct, subprocess, sys, tempfile, threading, time, urllib.request, wave
from array import array

import websockets

ROOT = pathlib.Path(__file__).resolve().parent.parent
RATE = 24000
CHUNK = RATE // 25
# Of 32768: louder is speech, in the recordings of tests/data.
SPEECH = 600


def recordings():
    """What is said, and 16-bit samples at 24 kHz up to the last one that is speech."""
    for line in open(ROOT / "tests/data/manifest.tsv", encoding="utf-8"):
        name, *_, text = line.rstrip("\n").split("\t")[:5]
        path = ROOT / "tests/data" / name
        if path.suffix != ".wav" or not path.exists():
            continue
        with wave.open(str(path)) as file:
            samples, rate = array("h", file.readframes(file.getnframes())), file.getframerate()
        last = max(place for place, sample in enumerate(samples) if abs(sample) > SPEECH)
        samples = samples[: last + 1]
        count = len(samples) * RATE // rate
        yield text, array("h", (samples[min(len(samples) - 1, place * rate // RATE)] for place in range(count)))


def home(options, engine):
    directory = pathlib.Path(tempfile.mkdtemp(prefix="jane-sessions-"))
    (directory / "jane.toml").write_text(
        f'[models]\ndirectory = "{options.models}"\n[llm]\nmodel = "{engine}"\n[serve]\nlisten = "127.0.0.1:0"\n[audio]\noutput_device = "none"\n'
    )
    return directory


class Serve:
    def __init__(self, options, engine):
        sets = [word for one in options.set for word in ("--set", one)]
        command = [options.jane, "--home", str(home(options, engine)), *sets, "serve", "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.events, self.address = [], None
        for line in self.process.stdout:
            event = json.loads(line)
            if event["event"] == "serve.listening":
                self.address = event["address"]
                break
        else:
            raise SystemExit("Jane does not serve")
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def end(self):
        self.process.terminate()
        self.process.wait()


async def session(address, clips, results):
    async with websockets.connect(f"ws://{address}/v1/realtime?model=jane", max_size=None) as connection:
        await connection.recv()
        waiting, ended = array("h"), {}
        over = asyncio.Event()

        async def microphone():
            begin, sent = time.monotonic(), 0
            while not over.is_set():
                chunk = waiting[:CHUNK]
                del waiting[:CHUNK]
                if chunk and not waiting:
                    ended["at"] = time.monotonic()
                chunk.extend([0] * (CHUNK - len(chunk)))
                audio = base64.b64encode(chunk.tobytes()).decode()
                await connection.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
                sent += 1
                await asyncio.sleep(max(0, begin + sent / 25 - time.monotonic()))

        async def until(*kinds):
            while True:
                event = json.loads(await asyncio.wait_for(connection.recv(), 120))
                if event["type"] in kinds:
                    return event
                if event["type"] == "error":
                    raise SystemExit(f"an error: {event}")

        speaking = asyncio.create_task(microphone())
        try:
            for text, samples in clips:
                ended.clear()
                waiting.extend(samples)
                heard = said = None
                first = None
                while said is None:
                    event = await until("conversation.item.input_audio_transcription.completed", "response.output_audio.delta", "response.done")
                    if event["type"].endswith("completed"):
                        heard = event["transcript"]
                    elif event["type"].endswith("delta"):
                        first = first or time.monotonic()
                    elif event["response"]["status"] == "completed":
                        output = event["response"]["output"]
                        said = output[0]["content"][0].get("transcript", "") if output else ""
                    else:
                        first = None
                results.append((text, heard, said, 1000 * (first - ended["at"]) if first and "at" in ended else None))
                # A person listens to the end, and thinks.
                await asyncio.sleep(1.0)
        finally:
            over.set()
            await asyncio.gather(speaking, return_exceptions=True)


async def spoken(address, count):
    clips = list(recordings())
    results = [[] for _ in range(count)]
    orders = []
    for number in range(count):
        order = clips[:]
        random.Random(number).shuffle(order)
        orders.append(order)
    begin = time.monotonic()
    await asyncio.gather(*(session(address, order, own) for order, own in zip(orders, results)))
    everything = [one for own in results for one in own]
    times = sorted(one[3] for one in everything if one[3] is not None)
    words = lambda said: "".join(letter for letter in (said or "").lower() if letter.isalnum() or letter == " ").split()
    # The recogniser may write digits; more than half of the words make it this question and no other.
    right = sum(2 * len(set(words(one[0])) & set(words(one[1]))) > len(set(words(one[0]))) for one in everything)
    answered = sum(bool(one[2]) for one in everything)
    median, late = statistics.median(times), times[int(0.95 * (len(times) - 1))]
    print(f"{count} session(s): {len(everything)} turns in {time.monotonic() - begin:.0f} s, {right} heard right, {answered} answered; first word median {median:.0f} ms, 95th percentile {late:.0f} ms", flush=True)
    return median


def stranger(address, number, ending):
    """Clients, one behind the other, none of which wants anything."""
    chance = random.Random(number)
    host, port = address.rsplit(":", 1)
    upgrade = f"GET /v1/realtime?model=jane HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    begun = [
        b"",
        chance.randbytes(4096),
        f"GET / HTTP/1.1\r\nHost: {address}\r\nX-Slow: ".encode(),
        f"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: {address}\r\nContent-Length: 1000000000\r\n\r\n".encode() + chance.randbytes(2048),
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: {address}\r\nContent-Length: 90000\r\n\r\n".encode() + b"[" * 90000,
        upgrade,
        upgrade + chance.randbytes(512),
        f"GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n".encode(),
    ]
    while not ending.is_set():
        try:
            with socket.create_connection((host, int(port)), timeout=5) as connection:
                connection.sendall(chance.choice(begun))
                ending.wait(chance.uniform(0.1, 4.0))
                if chance.random() < 0.5:
                    # It vanishes instead of ending.
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            ending.wait(0.2)


def strangers(address, count, ending):
    threads = [threading.Thread(target=stranger, args=(address, number, ending)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def taken(process):
    """The descriptors and the megabytes of memory of the host."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return len(os.listdir(f"/proc/{process.pid}/fd")), kilobytes / 1000


def beside(serve, options, without):
    """The same sessions beside strangers."""
    before = taken(serve.process)
    ending = multiprocessing.Event()
    others = multiprocessing.Process(target=strangers, args=(serve.address, options.strangers, ending))
    others.start()
    time.sleep(1)
    try:
        among = asyncio.run(spoken(serve.address, options.sessions))
    finally:
        ending.set()
        others.join()
    print(f"first word: beside {options.strangers} strangers {among / without:.2f} times as long as without")
    # What is left open is ended after the time that the server gives it.
    for _ in range(60):
        after = taken(serve.process)
        if after[0] <= before[0]:
            break
        time.sleep(1)
    print(f"descriptors: {before[0]} before, {after[0]} after; memory of the host: {before[1]:.0f} MB before, {after[1]:.0f} MB after")


def completion(address, model, tokens):
    body = {"model": model, "max_tokens": tokens, "messages": [{"role": "user", "content": "Tell me a long story about a lighthouse and the sea."}]}
    request = urllib.request.Request(f"http://{address}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=300))["usage"]["completion_tokens"]


def written(address, model, count, tokens=128):
    done = []
    threads = [threading.Thread(target=lambda: done.append(completion(address, model, tokens))) for _ in range(count)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = sum(done) / (time.monotonic() - begin)
    print(f"{count} at once: {sum(done)} tokens, {rate:.1f} tokens/s together", flush=True)
    return rate


def talk(options, engine):
    """The same recordings, one behind the other, heard by `jane talk`."""
    directory = home(options, engine)
    sound = array("h")
    for _, samples in recordings():
        sound.extend(samples)
        sound.extend([0] * (9 * RATE))
    with wave.open(str(directory / "all.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.tobytes())
    sets = [word for one in options.set for word in ("--set", one)]
    command = [options.jane, "--home", str(directory), *sets, "talk", "--json", "--input", str(directory / "all.wav"), "--output", str(directory / "out.wav")]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    events = [json.loads(line) for line in run.stdout.splitlines()]
    stages(events)
    return turns(events)


def turns(events):
    return [event["first_audio_ms"] for event in events if event["event"] == "turn.ended" and event.get("first_audio_ms")]


def stages(events):
    """Where the time of the turns went, by her own clock: medians, each from the end of what was said."""
    ended = [event for event in events if event["event"] == "turn.ended"]
    names = ["end_of_turn_ms", "stt_ms", "llm_first_token_ms", "first_sentence_ms", "first_speech_ms", "first_audio_ms", "total_ms"]
    known = {name: [event[name] for event in ended if event.get(name) is not None] for name in names}
    print("   " + ", ".join(f"{name} {statistics.median(values):.0f}" for name, values in known.items() if values), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
    parser.add_argument("--jane", default=str(pathlib.Path(target) / "release/jane"))
    parser.add_argument("--models", default=os.environ.get("JANE_MODELS__DIRECTORY", str(ROOT / "models")))
    parser.add_argument("--engine", default="smollm2-135m-instruct", help="the language model")
    parser.add_argument("--sessions", type=int, default=6)
    parser.add_argument("--strangers", type=int, default=0, metavar="M", help="clients that want nothing, beside the sessions")
    parser.add_argument("--talk", action="store_true")
    parser.add_argument("--only", choices=["spoken", "written"], help="one of both")
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    serve = Serve(options, options.engine)
    network = []
    try:
        if options.only != "written":
            # The first turns warm up what is warmed up once.
            asyncio.run(spoken(serve.address, 1))
            mark = len(serve.events)
            alone = [asyncio.run(spoken(serve.address, 1))]
            network = turns(serve.events[mark:])
            stages(serve.events[mark:])
            mark = len(serve.events)
            many = asyncio.run(spoken(serve.address, options.sessions))
            stages(serve.events[mark:])
            alone.append(asyncio.run(spoken(serve.address, 1)))
            print(f"first word: {options.sessions} at once take {many / statistics.mean(alone):.2f} times as long as one")
            if options.strangers:
                beside(serve, options, many)
        if options.only != "spoken":
            completion(serve.address, "jane", 8)
            one = [written(serve.address, "jane", 1)]
            all_together = written(serve.address, "jane", options.sessions)
            one.append(written(serve.address, "jane", 1))
            print(f"tokens: {options.sessions} at once write {all_together / statistics.mean(one):.2f} times as many as one")
    finally:
        serve.end()
    if options.talk and network:
        local = talk(options, options.engine)
        print(f"first sound by her own clock, medians: over the network {statistics.median(network):.0f} ms of {len(network)}, `jane talk` {statistics.median(local):.0f} ms of {len(local)}")


if __name__ == "__main__":
    sys.exit(main())
