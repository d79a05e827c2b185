"""Speaks with Python's piper-tts on order, for the comparison with Jane's voice.

`piper_peer.py MODEL --threads N --noise-scale X --noise-w X --speed X`. Says that it is ready in a line of JSON, then reads a
JSON string, the text, from each line and answers with a line of JSON: the `seconds` that the call took until all audio was
there, the `audio` seconds that came of it, and the `samples`.
"""

import argparse
import json
import sys
import time
from importlib.metadata import version

import onnxruntime
from piper import PiperVoice
from piper.config import SynthesisConfig


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--noise-scale", type=float, required=True)
    parser.add_argument("--noise-w", type=float, required=True)
    parser.add_argument("--speed", type=float, required=True)
    arguments = parser.parse_args()

    voice = PiperVoice.load(arguments.model)
    # As piper-tts makes its session, but for the number of threads, which it does not let one choose.
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    voice.session = onnxruntime.InferenceSession(
        arguments.model, sess_options=options, providers=["CPUExecutionProvider"]
    )
    synthesis = SynthesisConfig(
        length_scale=voice.config.length_scale / arguments.speed,
        noise_scale=arguments.noise_scale,
        noise_w_scale=arguments.noise_w,
    )
    say(
        {
            "peer": f"piper-tts {version('piper-tts')} with ONNX Runtime {onnxruntime.__version__}"
        }
    )
    for line in sys.stdin:
        text = json.loads(line)
        started = time.monotonic()
        chunks = list(voice.synthesize(text, synthesis))
        seconds = time.monotonic() - started
        samples = sum(len(chunk.audio_float_array) for chunk in chunks)
        say(
            {
                "seconds": seconds,
                "audio": samples / voice.config.sample_rate,
                "samples": samples,
            }
        )


def say(answer: dict) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
