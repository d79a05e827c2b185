"""A recording as other programs would send it: in the container and with the codec that a file's name ends in.

usage: coded.py RECORDING.wav OUT.webm OUT.mp3 ...
"""

import pathlib
import sys

import av

# Container, codec and rate by the ending of a name.
KINDS = {
    "webm": ("webm", "libopus", 48000),
    "ogg": ("ogg", "libopus", 48000),
    "mp3": ("mp3", "libmp3lame", 44100),
    "flac": ("flac", "flac", 44100),
    "m4a": ("ipod", "aac", 44100),
}


def write(recording, out, kind):
    """Writes the recording to `out`, a path or a file."""
    container, codec, rate = KINDS[kind]
    with av.open(recording) as source, av.open(out, "w", format=container) as sink:
        stream = sink.add_stream(codec, rate=rate, layout="mono")
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate, frame_size=stream.frame_size or None)
        for frame in source.decode(audio=0):
            for piece in resampler.resample(frame):
                sink.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            sink.mux(stream.encode(piece))
        sink.mux(stream.encode(None))


if __name__ == "__main__":
    recording, *outs = sys.argv[1:]
    for out in outs:
        write(recording, out, pathlib.Path(out).suffix[1:])
