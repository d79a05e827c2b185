#!/usr/bin/env bash
# rustc, without the places where things lie on this machine. As a wrapper, since cargo mixes RUSTFLAGS into what it makes.
exec "$@" --remap-path-prefix="$JANE_PLUGINS=plugins" --remap-path-prefix="${CARGO_HOME:-$HOME/.cargo}=cargo"
