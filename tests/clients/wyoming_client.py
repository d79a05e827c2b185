"""The `wyoming` package's own client, in the order in which Home Assistant 2026.11 uses it: a new connection for every request.

usage: wyoming_client.py HOST PORT QUESTION.wav PHRASE.wav
"""

import asyncio
import sys
import wave

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.handle import Handled, HandledChunk
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped
from wyoming.wake import Detect, Detection

host, port, question, phrase = sys.argv[1:]
port = int(port)


def client():
    return AsyncTcpClient(host, port)


async def read(connection):
    event = await asyncio.wait_for(connection.read_event(), 120)
    assert event is not None, "the connection was closed"
    assert not Error.is_type(event.type), event
    return event


async def info():
    async with client() as connection:
        await connection.write_event(Describe().event())
        told = Info.from_event(await read(connection))
        await connection.write_event(Ping(text="a").event())
        assert Pong.from_event(await read(connection)).text == "a"
    asr, tts, handle, wake = told.asr[0], told.tts[0], told.handle[0], told.wake[0]
    assert asr.installed and not asr.requires_external_vad and asr.models[0].languages == ["en"], asr
    assert tts.installed and tts.supports_synthesize_streaming and tts.voices[0].languages == ["en_US"], tts
    assert handle.installed and handle.supports_handled_streaming and handle.models[0].languages == ["en"], handle
    assert wake.models[0].phrase == "Hey Jane", wake
    assert told.satellite is None and not told.intent and not told.mic and not told.snd
    print("info", asr.models[0].name, tts.voices[0].name, handle.models[0].name)


def chunks(path, seconds_behind=0):
    with wave.open(path) as file:
        rate, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
        sound = file.readframes(file.getnframes()) + bytes(rate * width * channels * seconds_behind)
    size = rate // 50 * width * channels
    return [AudioChunk(rate, width, channels, sound[at : at + size]) for at in range(0, len(sound), size)]


async def speech_to_text():
    # As Home Assistant does it: the transcript is read while sound is sent, and ends the sending; no audio-stop comes before.
    async with client() as connection:
        await connection.write_event(Transcribe(language="en").event())
        sound = chunks(question, seconds_behind=30)
        await connection.write_event(AudioStart(sound[0].rate, sound[0].width, sound[0].channels).event())
        sent = 0

        async def send():
            nonlocal sent
            for chunk in sound:
                await connection.write_event(chunk.event())
                sent += 1
                await asyncio.sleep(0.02)

        sending = asyncio.create_task(send())
        while not Transcript.is_type((event := await read(connection)).type):
            pass
        sending.cancel()
        text = Transcript.from_event(event).text
        seconds = sent / 50
        assert "capital" in text and seconds < 10, (text, seconds)
        print("heard", repr(text), "after", seconds, "s of sound")
    # As it was done before: the client says when it is over.
    async with client() as connection:
        await connection.write_event(Transcribe(language="en").event())
        await connection.write_event(AudioStart(sound[0].rate, sound[0].width, sound[0].channels).event())
        for chunk in chunks(question):
            await connection.write_event(chunk.event())
        await connection.write_event(AudioStop().event())
        while not Transcript.is_type((event := await read(connection)).type):
            pass
        assert "capital" in Transcript.from_event(event).text, event


async def spoken(connection):
    """Samples and rate of what is spoken, until it ends."""
    start = AudioStart.from_event(await read(connection))
    samples = 0
    while True:
        event = await read(connection)
        if AudioStop.is_type(event.type):
            return samples, start.rate
        chunk = AudioChunk.from_event(event)
        assert chunk.rate == start.rate
        samples += chunk.samples


async def text_to_speech():
    async with client() as connection:
        await connection.write_event(Synthesize(text="The capital of France is Paris.").event())
        samples, rate = await spoken(connection)
        whole = samples / rate
        assert 1 < whole < 6, whole
    async with client() as connection:
        await connection.write_event(SynthesizeStart().event())
        for piece in ("The cap", "ital of Fr", "ance is Paris. It lies on", " the Seine."):
            await connection.write_event(SynthesizeChunk(text=piece).event())
        await connection.write_event(Synthesize(text="The capital of France is Paris. It lies on the Seine.").event())
        await connection.write_event(SynthesizeStop().event())
        samples, rate = await spoken(connection)
        assert SynthesizeStopped.is_type((await read(connection)).type)
        assert whole + 0.5 < samples / rate < 3 * whole, (samples / rate, whole)
        print("spoken", round(whole, 2), "s and", round(samples / rate, 2), "s")


async def handle(text, conversation):
    async with client() as connection:
        data = {"text": text, "language": "en", "context": {"conversation_id": conversation}}
        await connection.write_event(Event("transcript", data))
        pieces = ""
        while not Handled.is_type((event := await read(connection)).type):
            if HandledChunk.is_type(event.type):
                pieces += HandledChunk.from_event(event).text
        handled = Handled.from_event(event).text
        assert handled and handled == pieces.strip(), (handled, pieces)
        return handled


async def turns():
    first = await handle("What is the capital of France?", "one")
    assert "Paris" in first, first
    second = await handle("And of Italy?", "one")
    print("handled", repr(first), repr(second))


async def wake():
    async with client() as connection:
        await connection.write_event(Detect().event())
        sound = chunks(question, 1) + chunks(phrase, 2)
        await connection.write_event(AudioStart(16000, 2, 1).event())
        for chunk in sound:
            await connection.write_event(chunk.event())
        await connection.write_event(AudioStop().event())
        event = await read(connection)
        assert Detection.is_type(event.type), event
        print("called at", Detection.from_event(event).timestamp, "ms")


async def garbage():
    for sent in (b"\x00" * 100_000, b"{}\n", b'{"type":"x","data_length":99999999999}\n', b"["):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(sent)
        writer.write_eof()
        told = await asyncio.wait_for(reader.read(), 30)
        assert b"error" in told or told == b"", told
        writer.close()
    # Nobody waits behind an error: the connection ends, though more is to be sent.
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b'{"type":"audio-start","data":{"rate":16000,"width":9,"channels":1}}\n')
    told = await asyncio.wait_for(reader.read(), 30)
    assert b"error" in told, told
    writer.close()


async def main():
    for part in (info, speech_to_text, text_to_speech, turns, wake, garbage):
        await part()


asyncio.run(main())
