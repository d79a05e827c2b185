"""Recognises recordings with faster-whisper on order, for the comparison with Jane's recogniser.

`whisper_peer.py MODEL --threads N --language L --beam-size N`. Says that it is ready in a line of JSON, then reads a JSON
string, the path of a WAV file, from each line and answers with a line of JSON: the `seconds` that the call took, reading the
file included, and the `text`.
"""

import argparse
import json
import sys
import time
from importlib.metadata import version

from faster_whisper import WhisperModel


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--language", required=True)
    parser.add_argument("--beam-size", type=int, required=True)
    arguments = parser.parse_args()

    model = WhisperModel(
        arguments.model,
        device="cpu",
        compute_type="int8",
        cpu_threads=arguments.threads,
        local_files_only=True,
    )
    say(
        {
            "peer": f"faster-whisper {version('faster-whisper')} with CTranslate2 {version('ctranslate2')}, int8"
        }
    )
    for line in sys.stdin:
        path = json.loads(line)
        started = time.monotonic()
        # One reading without sampling, as Jane reads: no context, no times, no other temperatures.
        segments, _ = model.transcribe(
            path,
            language=arguments.language,
            beam_size=arguments.beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
            vad_filter=False,
        )
        text = " ".join(segment.text.strip() for segment in segments)
        say({"seconds": time.monotonic() - started, "text": text})


def say(answer: dict) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
