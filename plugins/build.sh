#!/usr/bin/env bash
# Builds the skills that ship, and puts each at plugins/NAME.wasm. With --check it compares instead: what is in the repository must be
# what its source makes. The target is needed once: rustup target add wasm32-wasip2.
set -euo pipefail
cd "$(dirname "$0")"
skills=(calculator clock notes redact timer weather yourself)
# Nothing of where it was built is in what is built.
# What else changes what is built.
unset CARGO_ENCODED_RUSTFLAGS RUSTC_WORKSPACE_WRAPPER
export CARGO_INCREMENTAL=0
export JANE_PLUGINS="$PWD" RUSTC_WRAPPER="$PWD/rustc-in-plugins.sh" RUSTFLAGS="-C target-cpu=generic"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/skills"
packages=()
for skill in "${skills[@]}"; do packages+=(-p "$skill"); done
cargo build --quiet --release --locked --target wasm32-wasip2 "${packages[@]}"
status=0
for skill in "${skills[@]}"; do
	built="$CARGO_TARGET_DIR/wasm32-wasip2/release/$skill.wasm"
	if [ "${1:-}" != --check ]; then
		install -m 644 "$built" "$skill.wasm"
	elif ! cmp -s "$built" "$skill.wasm"; then
		echo "error: plugins/$skill.wasm is not what its source makes" >&2
		echo "hint: make skills" >&2
		status=1
	fi
done
exit $status
