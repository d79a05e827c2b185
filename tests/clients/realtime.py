"""OpenAI's own client on the Realtime interface: a spoken question, an interruption, a truncation at a word, a function, refusals.

usage: realtime.py BASE_URL QUESTION.wav LONG.wav INTERRUPTION.wav all|function
QUESTION asks for the capital of France or anything short; LONG asks for a long story; INTERRUPTION asks for the largest ocean.
"""

import base64
import contextlib
import json
import sys
import threading
import time
import wave

import numpy
import openai

base_url, question, long, interruption, parts = sys.argv[1:]
client = openai.OpenAI(base_url=base_url, websocket_base_url=base_url.replace("http", "ws"), api_key="any")
RATE = 24000


def sound(path):
    """16-bit samples at 24 kHz."""
    with wave.open(path) as file:
        assert file.getsampwidth() == 2 and file.getnchannels() == 1
        samples = numpy.frombuffer(file.readframes(file.getnframes()), numpy.int16)
        places = numpy.arange(0, len(samples), file.getframerate() / RATE)
    return numpy.interp(places, numpy.arange(len(samples)), samples).astype(numpy.int16)


class Microphone(threading.Thread):
    """Sends at real speed what is put before it, and silence else."""

    def __init__(self, connection):
        super().__init__(daemon=True)
        self.connection = connection
        self.waiting = numpy.zeros(0, numpy.int16)
        self.lock = threading.Lock()
        self.ended = threading.Event()

    def say(self, path):
        with self.lock:
            self.waiting = numpy.concatenate([self.waiting, sound(path)])

    def run(self):
        begin, sent = time.monotonic(), 0
        while not self.ended.is_set():
            with self.lock:
                chunk, self.waiting = self.waiting[: RATE // 25], self.waiting[RATE // 25 :]
            chunk = numpy.pad(chunk, (0, RATE // 25 - len(chunk)))
            with contextlib.suppress(Exception):
                self.connection.input_audio_buffer.append(audio=base64.b64encode(chunk.tobytes()).decode())
            sent += 1
            time.sleep(max(0, begin + sent / 25 - time.monotonic()))


class Session:
    def __init__(self, **session):
        self.session = session

    def __enter__(self):
        self.manager = client.realtime.connect(model="jane")
        self.connection = self.manager.enter()
        self.seen = []
        created = self.wait("session.created")
        assert created.session.type == "realtime" and created.session.audio.input.turn_detection.type == "semantic_vad"
        if self.session:
            self.connection.session.update(session={"type": "realtime", **self.session})
            self.wait("session.updated")
        self.microphone = Microphone(self.connection)
        return self

    def __exit__(self, *_):
        self.microphone.ended.set()
        self.connection.close()

    def next(self):
        event = self.connection.recv()
        # Known types are parsed into models of their own.
        assert type(event).__module__.startswith("openai.types"), event
        self.seen.append(event)
        return event

    def wait(self, *kinds):
        while True:
            event = self.next()
            if event.type in kinds:
                return event
            assert event.type != "error", event

    def kinds(self):
        return [event.type for event in self.seen]

    def ask(self, text):
        self.connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        )
        self.connection.response.create()

    def audio(self, response):
        deltas = [event for event in self.seen if event.type == "response.output_audio.delta" and event.response_id == response]
        return sum(len(base64.b64decode(delta.delta)) for delta in deltas) / 2 / RATE


def in_order(kinds, wanted):
    place = 0
    for kind in wanted:
        assert kind in kinds[place:], (kind, kinds)
        place += kinds[place:].index(kind) + 1


def spoken_question():
    with Session() as session:
        session.microphone.start()
        session.microphone.say(question)
        done = session.wait("response.done")
        in_order(
            session.kinds(),
            [
                "input_audio_buffer.speech_started",
                "input_audio_buffer.speech_stopped",
                "input_audio_buffer.committed",
                "conversation.item.added",
                "conversation.item.done",
                "conversation.item.input_audio_transcription.completed",
                "response.created",
                "response.output_item.added",
                "conversation.item.added",
                "response.content_part.added",
                "response.output_audio_transcript.delta",
                "response.output_audio.delta",
                "response.output_audio.done",
                "response.output_audio_transcript.done",
                "response.content_part.done",
                "response.output_item.done",
                "conversation.item.done",
                "response.done",
            ],
        )
        assert done.response.status == "completed", done
        heard = next(event for event in session.seen if event.type.endswith("transcription.completed"))
        partial = "".join(
            event.delta for event in session.seen if event.type.endswith("input_audio_transcription.delta")
        )
        said = done.response.output[0].content[0].transcript
        assert heard.transcript.startswith(partial[:10]) and said, (heard, partial)
        seconds = session.audio(done.response.id)
        assert 0.3 < seconds < 20, seconds
        session.connection.conversation.item.retrieve(item_id=heard.item_id)
        assert session.wait("conversation.item.retrieved").item.content[0].transcript == heard.transcript
        # Clients cut what they played also where it is over: it was heard as it is.
        item = done.response.output[0].id
        session.connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=int(seconds * 1000))
        assert session.wait("conversation.item.truncated").item_id == item
        session.connection.conversation.item.retrieve(item_id=item)
        assert session.wait("conversation.item.retrieved").item.content[0].transcript == said
        print("heard", repr(heard.transcript), "said", repr(said), round(seconds, 2), "s", done.response.metadata)


def words(text):
    return text.split()


def interrupted():
    with Session() as session:
        session.microphone.start()
        session.microphone.say(long)
        created = session.wait("response.created")
        while session.audio(created.response.id) < 2.0:
            session.next()
        session.microphone.say(interruption)
        session.wait("input_audio_buffer.speech_started")
        cut = session.wait("response.done")
        assert cut.response.status == "cancelled" and cut.response.status_details.reason == "turn_detected", cut
        truncated = next(event for event in session.seen if event.type == "conversation.item.truncated")
        whole = cut.response.output[0].content[0].transcript
        heard = truncated.transcript
        assert whole.startswith(heard) and 3 < len(words(heard)) < len(words(whole)), (heard, whole)
        session.connection.conversation.item.retrieve(item_id=truncated.item_id)
        kept = session.wait("conversation.item.retrieved").item.content[0].transcript
        assert kept == heard, (kept, heard)
        answer = session.wait("response.done")
        assert answer.response.status == "completed" and "Pacific" in answer.response.output[0].content[0].transcript
        print("cut after", len(words(heard)), "of", len(words(whole)), "words,", truncated.audio_end_ms, "ms:", repr(heard))
        return heard


def truncated():
    with Session() as session:
        session.ask("Please tell me a very long story.")
        created = session.wait("response.created")
        while session.audio(created.response.id) < 3.0:
            session.next()
        item = next(event.item.id for event in session.seen if event.type == "response.output_item.added")
        # The client played no more than this.
        session.connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=1200)
        cut = session.wait("response.done")
        assert cut.response.status == "cancelled", cut
        event = next(event for event in session.seen if event.type == "conversation.item.truncated")
        whole = cut.response.output[0].content[0].transcript
        assert event.audio_end_ms == 1200 and whole.startswith(event.transcript), event
        # At a word, and where 1.2 s are over: nobody says eight words in that time.
        assert 1 <= len(words(event.transcript)) <= 7, event
        assert words(whole)[: len(words(event.transcript))] == words(event.transcript)
        session.ask("What is the largest ocean?")
        answer = session.wait("response.done")
        assert "Pacific" in answer.response.output[0].content[0].transcript, answer
        print("truncated to", repr(event.transcript))
        return event.transcript


def in_text_and_by_hand():
    with Session(output_modalities=["text"], audio={"input": {"turn_detection": None}}) as session:
        session.ask("What is the largest ocean?")
        done = session.wait("response.done")
        assert "Pacific" in done.response.output[0].content[0].text, done
        assert "response.output_text.delta" in session.kinds() and "response.output_audio.delta" not in session.kinds()
        for chunk in numpy.array_split(sound(interruption), 20):
            session.connection.input_audio_buffer.append(audio=base64.b64encode(chunk.tobytes()).decode())
        session.connection.input_audio_buffer.commit()
        session.wait("input_audio_buffer.committed")
        session.connection.response.create()
        heard = session.wait("conversation.item.input_audio_transcription.completed")
        done = session.wait("response.done")
        assert "ocean" in heard.transcript and "Pacific" in done.response.output[0].content[0].text, done
        assert "input_audio_buffer.speech_started" not in session.kinds()
        print("by hand", repr(heard.transcript))


def function():
    light = {
        "type": "function",
        "name": "turn_on_light",
        "description": "Turns on the light of a room.",
        "parameters": {"type": "object", "properties": {"room": {"type": "string"}}, "required": ["room"]},
    }
    with Session(tools=[light]) as session:
        session.ask("Turn on the light in the kitchen.")
        call = session.wait("response.function_call_arguments.done")
        done = session.wait("response.done")
        assert call.name == "turn_on_light" and json.loads(call.arguments) == {"room": "kitchen"}, call
        assert done.response.output[0].type == "function_call" and done.response.output[0].call_id == call.call_id, done
        session.connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": call.call_id, "output": "It is on."}
        )
        session.connection.response.create()
        done = session.wait("response.done")
        said = done.response.output[0].content[0].transcript
        assert "kitchen is lit" in said, done
        print("function", call.arguments, repr(said))


def refusals():
    with Session() as session:

        def refused(code, send):
            send()
            while (event := session.next()).type != "error":
                pass
            assert event.error.code == code, event

        connection = session.connection
        refused("response_cancel_not_active", connection.response.cancel)
        refused("nothing_to_answer", connection.response.create)
        refused("item_not_found", lambda: connection.conversation.item.retrieve(item_id="x"))
        refused("input_audio_buffer_commit_empty", connection.input_audio_buffer.commit)
        refused("unknown_event", lambda: connection.send({"type": "jump"}))
        refused("invalid_value", lambda: connection.input_audio_buffer.append(audio="?"))
        refused("invalid_value", lambda: connection.session.update(session={"type": "realtime", "output_modalities": ["smell"]}))
        session.ask("Please tell me a very long story.")
        session.wait("response.created")
        refused("conversation_already_has_active_response", connection.response.create)
        connection.response.cancel()
        done = session.wait("response.done")
        assert done.response.status == "cancelled" and done.response.status_details.reason == "client_cancelled", done


if parts == "function":
    function()
else:
    spoken_question()
    first = interrupted()
    second = truncated()
    in_text_and_by_hand()
    refusals()
    print("KEPT", json.dumps([first, second]))
