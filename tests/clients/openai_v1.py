"""OpenAI's own client against Jane: models, chat whole and streamed, tools, forms of replies, transcriptions, speech, refusals.

usage: openai_v1.py BASE_URL RECORDING STT_MODEL LLM_MODEL
"""

import io
import json
import sys
import wave

import openai
from coded import KINDS, write

base_url, recording, stt, llm = sys.argv[1:]
client = openai.OpenAI(base_url=base_url, api_key="any", max_retries=0, timeout=240)


def refused(status, param, call):
    try:
        call()
    except openai.APIStatusError as error:
        assert error.status_code == status, error
        assert param is None or error.param == param, error
        return error
    raise AssertionError(f"not refused with {status}")


def models():
    names = [model.id for model in client.models.list()]
    assert names[0] == "jane" and stt in names and llm in names, names
    assert client.models.retrieve(llm).id == llm
    refused(404, None, lambda: client.models.retrieve("nothing"))
    print("models", names)


def chat():
    said = [{"role": "user", "content": "What is the capital of France?"}]
    whole = client.chat.completions.create(model="jane", messages=said)
    choice = whole.choices[0]
    assert "Paris" in choice.message.content, whole
    assert choice.finish_reason == "stop" and whole.usage.prompt_tokens > 10, whole
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
    # A session of its own, made from what is sent.
    said += [{"role": "assistant", "content": choice.message.content}, {"role": "user", "content": "And of Italy?"}]
    stream = client.chat.completions.create(
        model="jane", messages=said, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert chunks[0].choices[0].delta.role == "assistant" and text.strip(), chunks
    finishes = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    assert finishes[-1] in ("stop", "length") and finishes[:-1] == [None] * (len(finishes) - 1)
    assert chunks[-1].usage.prompt_tokens > whole.usage.prompt_tokens and not chunks[-1].choices
    print("jane", repr(choice.message.content), "->", repr(text))
    # What is beyond her she says herself, and no model does.
    beyond = client.chat.completions.create(model="jane", messages=[{"role": "user", "content": "What's in the news?"}])
    assert beyond.choices[0].message.content and beyond.usage.completion_tokens == 0, beyond
    # The engine alone.
    alone = client.chat.completions.create(
        model=llm,
        messages=[{"role": "system", "content": "Count from one to ten."}, {"role": "user", "content": "Count."}],
        max_tokens=4,
        temperature=0,
    )
    assert alone.choices[0].finish_reason == "length" and alone.usage.completion_tokens <= 4, alone
    stopped = client.chat.completions.create(
        model=llm, messages=said[:1], stop=["Paris"], temperature=0, max_tokens=40
    )
    assert "Paris" not in stopped.choices[0].message.content and stopped.choices[0].finish_reason == "stop", stopped


def tools():
    light = {
        "type": "function",
        "function": {
            "name": "turn_on_light",
            "description": "Turns on the light of a room.",
            "parameters": {
                "type": "object",
                "properties": {"room": {"type": "string", "enum": ["kitchen", "hall"]}},
                "required": ["room"],
            },
        },
    }
    said = [{"role": "user", "content": "Turn on the light in the kitchen, please."}]
    # What Home Assistant's `llama_cpp` integration asks before it takes a server.
    flow = client.chat.completions.create(model=llm, messages=said, tools=[light], max_tokens=3)
    assert flow.choices[0].finish_reason in ("stop", "length", "tool_calls"), flow
    for model in (llm, "jane"):
        call = client.chat.completions.create(model=model, messages=said, tools=[light], tool_choice="required")
        choice = call.choices[0]
        function = choice.message.tool_calls[0].function
        assert choice.finish_reason == "tool_calls" and function.name == "turn_on_light", call
        assert json.loads(function.arguments)["room"] in ("kitchen", "hall"), call
    told = said + [
        {"role": "assistant", "content": None, "tool_calls": [choice.message.tool_calls[0].model_dump()]},
        {"role": "tool", "tool_call_id": choice.message.tool_calls[0].id, "content": "The light is on."},
    ]
    answered = client.chat.completions.create(model="jane", messages=told, tools=[light], max_tokens=30)
    assert answered.choices[0].message.content, answered
    streamed = client.chat.completions.create(
        model=llm, messages=said, tools=[light], tool_choice={"type": "function", "function": {"name": "turn_on_light"}}, stream=True
    )
    pieces = [piece for chunk in streamed for piece in (chunk.choices[0].delta.tool_calls or [])]
    assert pieces[0].index == 0 and pieces[0].function.name == "turn_on_light", pieces
    schema = {
        "type": "object",
        "properties": {"capital": {"type": "string", "enum": ["Paris", "Rome"]}, "is_large": {"type": "boolean"}},
        "required": ["capital", "is_large"],
    }
    form = client.chat.completions.create(
        model=llm,
        messages=[{"role": "user", "content": "Tell me of France."}],
        response_format={"type": "json_schema", "json_schema": {"name": "country", "schema": schema}},
    )
    told = json.loads(form.choices[0].message.content)
    assert set(told) == {"capital", "is_large"} and isinstance(told["is_large"], bool), form
    print("tools", function.arguments, "form", told)


def coded(kind):
    """The recording as another program would send it."""
    out = io.BytesIO()
    write(recording, out, kind)
    return out.getvalue()


def transcriptions():
    kinds = {kind: coded(kind) for kind in KINDS}
    kinds["wav"] = open(recording, "rb").read()
    texts = {}
    for kind, sound in kinds.items():
        heard = client.audio.transcriptions.create(model=stt, file=(f"a.{kind}", sound))
        texts[kind] = heard.text
        assert "capital" in heard.text and "France" in heard.text, (kind, heard)
    print("heard", texts)
    sound = ("a.wav", kinds["wav"])
    verbose = client.audio.transcriptions.create(model="whisper-1", file=sound, response_format="verbose_json")
    assert 1 < verbose.duration < 10 and "France" in verbose.segments[0].text, verbose
    srt = client.audio.transcriptions.create(model=stt, file=sound, response_format="srt")
    assert srt.startswith("1\n00:00:0") and " --> " in srt, srt
    vtt = client.audio.transcriptions.create(model=stt, file=sound, response_format="vtt")
    assert vtt.startswith("WEBVTT\n\n00:00:0"), vtt
    text = client.audio.transcriptions.create(model=stt, file=sound, response_format="text")
    assert "France" in text, text
    events = list(client.audio.transcriptions.create(model=stt, file=sound, stream=True))
    assert events[0].type == "transcript.text.delta" and events[-1].type == "transcript.text.done", events
    assert events[-1].text == "".join(event.delta for event in events[:-1]), events
    refused(400, "file", lambda: client.audio.transcriptions.create(model=stt, file=("a.webm", b"no sound at all")))
    refused(404, "model", lambda: client.audio.transcriptions.create(model="other", file=sound))
    refused(400, "response_format", lambda: client.audio.transcriptions.create(model=stt, file=sound, response_format="tsv"))


def speech():
    text = "The capital of France is Paris."
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=text, response_format="pcm"
    ) as response:
        pcm = b"".join(response.iter_bytes())
    seconds = len(pcm) / 2 / 24000
    assert 1 < seconds < 6, seconds
    spoken = client.audio.speech.create(model="jane", voice="jane", input=text, response_format="wav").read()
    opus = client.audio.speech.create(model="jane", voice="jane", input=text, response_format="opus").read()
    assert opus[:4] == b"OggS"
    for name, sound in (("a.wav", spoken), ("a.ogg", opus)):
        heard = client.audio.transcriptions.create(model=stt, file=(name, sound)).text
        assert "capital" in heard and "Paris" in heard, heard
    with wave.open(io.BytesIO(spoken)) as sound:
        assert sound.getframerate() == 24000 and sound.getnchannels() == 1
    refused(400, "response_format", lambda: client.audio.speech.create(model="jane", voice="x", input=text, response_format="mp3"))
    refused(400, "input", lambda: client.audio.speech.create(model="jane", voice="x", input=" "))
    refused(400, "speed", lambda: client.audio.speech.create(model="jane", voice="x", input=text, speed=2))
    print("spoken", round(seconds, 2), "s,", len(opus), "bytes of Opus")


def refusals():
    said = [{"role": "user", "content": "x"}]
    error = refused(404, "model", lambda: client.chat.completions.create(model="gpt-5", messages=said))
    assert error.code == "model_not_found", error
    refused(400, "n", lambda: client.chat.completions.create(model="jane", messages=said, n=2))
    refused(400, "messages", lambda: client.chat.completions.create(model="jane", messages=[]))
    long = [{"role": "user", "content": "far too long " * 20000}]
    error = refused(400, "messages", lambda: client.chat.completions.create(model=llm, messages=long))
    assert error.code == "context_length_exceeded", error
    refused(404, None, lambda: client.embeddings.create(model=llm, input="x"))


for part in (models, chat, tools, transcriptions, speech, refusals):
    part()
