#!/usr/bin/env bash
# Measures `jane serve` as a server of the Wyoming protocol: `wyoming.sh JANE DIRECTORY [RECORDINGS]`.
#
# wyoming-bench is installed into DIRECTORY, at a pinned version. RECORDINGS is a directory with a `manifest.tsv`, as `tests/data` has one; of
# its recordings those in English are taken that have a text and at most 20 seconds. Jane's models are in `JANE_MODELS__DIRECTORY`, else in
# `models`. What wyoming-bench prints is all that comes of it.
set -euo pipefail

BENCH="wyoming-bench==2026.10.0 wyoming==1.10.2 sentence_stream==1.3.0 regex==2026.11.19"

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jane=$1
directory=$2
recordings=${3:-$root/tests/data}
export JANE_MODELS__DIRECTORY=${JANE_MODELS__DIRECTORY:-$root/models}

if [ "$(cat "$directory/installed" 2> /dev/null)" != "$BENCH" ]; then
	python3 -m venv --clear "$directory"
	# shellcheck disable=SC2086
	"$directory/bin/pip" install --disable-pip-version-check --quiet --no-deps $BENCH
	echo "$BENCH" > "$directory/installed"
fi

place=$(mktemp -d)
serving=
end() {
	[ -z "$serving" ] || kill "$serving" 2> /dev/null || true
	[ -z "$serving" ] || wait "$serving" || true
	rm -rf "$place"
}
trap end EXIT

# It reads the text of `a.wav` from `a.txt`.
mkdir "$place/corpus"
number=0
while IFS=$'\t' read -r path seconds lang _ text _; do
	[ "$lang" = en ] && [ -n "$text" ] && [ "${seconds%.*}" -lt 20 ] && [ -f "$recordings/$path" ] || continue
	number=$((number + 1))
	name=$(printf '%s/corpus/%03d_%s' "$place" "$number" "$(basename "$path" .wav)")
	ln -s "$(cd "$recordings" && pwd)/$path" "$name.wav"
	printf '%s\n' "$text" > "$name.txt"
done < "$recordings/manifest.tsv"

"$jane" init "$place/home" > /dev/null 2>&1
"$jane" --home "$place/home" serve --json --set serve.listen=127.0.0.1:0 --set serve.wyoming=127.0.0.1:0 > "$place/events" 2> "$place/errors" &
serving=$!
address=
for _ in $(seq 120); do
	address=$(sed -n 's/.*"interface":"wyoming","address":"\([^"]*\)".*/\1/p' "$place/events")
	[ -z "$address" ] || break
	kill -0 "$serving" 2> /dev/null || { cat "$place/errors" >&2; exit 1; }
	sleep 0.5
done

bench=$directory/bin/wyoming-bench
"$bench" info "$address"
"$bench" stt --corpus "$place/corpus" "$address"
"$bench" tts "$address"
