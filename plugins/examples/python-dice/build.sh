#!/bin/sh
# Builds python-dice.wasm beside this script. Needs Python 3.10 or later, and fetches componentize-py (17 MB) on the first run.
set -eu
cd "$(dirname "$0")"
[ -d .venv ] || python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check componentize-py==0.25.1
.venv/bin/componentize-py --quiet -d ../../../wit -d wit -w example:dice/dice componentize app -o python-dice.wasm
