"""pipecat's `OpenAIRealtimeLLMService` in a pipeline: a function, a spoken question, and an interruption.

usage: pipecat_voice.py BASE_URL LONG.wav INTERRUPTION.wav
The model calls `turn_on_light` for the kitchen first, and then says that the kitchen is lit. LONG asks for a long story, INTERRUPTION for
the largest ocean.
"""

import asyncio
import os
import sys
import traceback
import wave

from loguru import logger
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMContextFrame,
    TTSAudioRawFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.turns.user_turn_strategies import ExternalUserTurnStrategies
from pipecat.workers.runner import WorkerRunner

base_url, long, interruption = sys.argv[1:]
logger.remove()
logger.add(sys.stderr, level="WARNING")
PATIENCE = 120


class Loudspeaker(FrameProcessor):
    """What is heard, and what goes wrong."""

    def __init__(self):
        super().__init__()
        self.samples = 0
        self.interruptions = 0
        self.changed = asyncio.Condition()

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        async with self.changed:
            match frame:
                case TTSAudioRawFrame():
                    self.samples += frame.num_frames
                case InterruptionFrame():
                    self.interruptions += 1
            self.changed.notify_all()
        await self.push_frame(frame, direction)


lit, errors = [], []


async def turn_on_light(params):
    lit.append(params.arguments["room"])
    await params.result_callback("It is on.")


light = FunctionSchema(
    name="turn_on_light",
    description="Turns on the light of a room.",
    properties={"room": {"type": "string"}},
    required=["room"],
    handler=turn_on_light,
)
context = LLMContext([{"role": "user", "content": "Turn on the light in the kitchen."}], tools=[light])
llm = OpenAIRealtimeLLMService(
    api_key="any",
    base_url=base_url.replace("http", "ws") + "/realtime",
    settings=OpenAIRealtimeLLMService.Settings(model="jane"),
)
# The service tells when somebody begins and is done, as the server does.
strategies = LLMUserAggregatorParams(user_turn_strategies=ExternalUserTurnStrategies())
aggregators = LLMContextAggregatorPair(context, user_params=strategies)
loudspeaker = Loudspeaker()
worker = PipelineWorker(Pipeline([aggregators.user(), llm, loudspeaker, aggregators.assistant()]), enable_rtvi=False)


@worker.event_handler("on_pipeline_error")
async def on_error(_, frame: ErrorFrame):
    errors.append(str(frame.error))
    async with loudspeaker.changed:
        loudspeaker.changed.notify_all()


def said():
    """What the model is told that was said, by either."""
    messages = [message for message in context.get_messages() if isinstance(message, dict)]
    return [(message["role"], str(message.get("content"))) for message in messages]


async def until(reached):
    async def wait():
        while not reached():
            assert not errors, errors
            async with loudspeaker.changed:
                try:
                    await asyncio.wait_for(loudspeaker.changed.wait(), 0.2)
                except TimeoutError:
                    # The context changes without a frame that passes here.
                    pass

    try:
        await asyncio.wait_for(wait(), PATIENCE)
    except TimeoutError:
        raise AssertionError(f"in vain: {said()}, {loudspeaker.samples} samples, {errors}") from None


class Microphone:
    """Sends at real speed what is put before it, and silence else."""

    def __init__(self):
        self.waiting = b""

    def say(self, path):
        with wave.open(path) as file:
            assert file.getsampwidth() == 2 and file.getnchannels() == 1
            self.rate = file.getframerate()
            self.waiting += file.readframes(file.getnframes())

    async def run(self):
        clock = asyncio.get_running_loop()
        begin, sent, self.rate = clock.time(), 0, 16000
        while True:
            size = self.rate // 25 * 2
            chunk, self.waiting = self.waiting[:size], self.waiting[size:]
            frame = InputAudioRawFrame(chunk + bytes(size - len(chunk)), self.rate, 1)
            await worker.queue_frame(frame)
            sent += 1
            await asyncio.sleep(max(0, begin + sent / 25 - clock.time()))


async def talk():
    await worker.queue_frame(LLMContextFrame(context))
    await until(lambda: lit and any("kitchen is lit" in text for role, text in said() if role == "assistant"))
    assert lit == ["kitchen"], lit
    print("function", lit)
    microphone = Microphone()
    sending = asyncio.create_task(microphone.run())
    loudspeaker.samples = 0
    microphone.say(long)
    await until(lambda: loudspeaker.samples > 2 * 24000)
    before = loudspeaker.interruptions
    microphone.say(interruption)
    await until(lambda: loudspeaker.interruptions > before)
    await until(lambda: any("Pacific" in text for role, text in said() if role == "assistant"))
    # Once more behind an answer that was heard to its end: the client cuts that one as well.
    answers = len([role for role, _ in said() if role == "assistant"])
    microphone.say(interruption)
    await until(lambda: len([text for role, text in said() if role == "assistant" and "Pacific" in text]) > 1)
    assert len([role for role, _ in said() if role == "assistant"]) > answers
    sending.cancel()
    heard = [text for role, text in said() if role == "user"]
    assert any("story" in text for text in heard) and any("ocean" in text for text in heard), heard
    print("said", said())
    await worker.queue_frame(EndFrame())


async def main():
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    talking = asyncio.create_task(talk())
    await asyncio.wait({running, talking}, return_when=asyncio.FIRST_COMPLETED)
    if not talking.done():
        talking.cancel()
        raise AssertionError(f"the pipeline ended: {errors}")
    talking.result()
    await asyncio.wait_for(running, 30)


try:
    asyncio.run(asyncio.wait_for(main(), 4 * PATIENCE))
except BaseException:
    # A pipeline that failed is not waited for.
    traceback.print_exc()
    os._exit(1)
