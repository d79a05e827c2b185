"""A skill of Jane's in Python: rolls dice and flips coins. The classes are named after what they export."""

import json

import dice
from componentize_py_types import Err
from wit_world import exports
from wit_world.imports.types import (
    Answer,
    Facts,
    Failure_InvalidInput,
    Tool,
    ToolCall,
    ToolOutput_FinalAnswer,
    Transcript,
    TranscriptAction_Answer,
    TranscriptAction_Pass,
)

_ROLL = {
    "type": "object",
    "properties": {
        "count": {"type": "integer", "minimum": 1, "maximum": dice.MOST_DICE, "description": "how many dice"},
        "sides": {"type": "integer", "minimum": 2, "maximum": dice.MOST_SIDES, "description": "6 unless told"},
    },
}
_FLIP = {"type": "object", "properties": {}}


class About(exports.About):
    def about(self):
        return Facts("Dice", "0.1.0", "Rolls dice and flips coins.", hosts=[], wants=[])


class TranscriptHook(exports.TranscriptHook):
    def on_transcript(self, transcript: Transcript):
        speech = dice.answer(transcript.text)
        if speech is None:
            return TranscriptAction_Pass()
        return TranscriptAction_Answer(Answer(speech, expect_reply=False))


class Tools(exports.Tools):
    def list_tools(self):
        return [
            Tool("roll_dice", "Rolls dice.", json.dumps(_ROLL), timeout_ms=None),
            Tool("flip_coin", "Flips a coin.", json.dumps(_FLIP), timeout_ms=None),
        ]

    def call_tool(self, call: ToolCall):
        arguments = json.loads(call.arguments)
        match call.name:
            case "roll_dice":
                return ToolOutput_FinalAnswer(dice.roll(arguments.get("count", 1), arguments.get("sides", 6)))
            case "flip_coin":
                return ToolOutput_FinalAnswer(dice.flip())
        raise Err(Failure_InvalidInput(f"there is no tool `{call.name}`"))
