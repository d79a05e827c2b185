# Jane's two commands are `make run` and `make test`. The others are what they are made of.

SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -eu -o pipefail -c

CARGO_TARGET_DIR ?= target
PROGRAMS := $(CARGO_TARGET_DIR)/release
JANE := $(PROGRAMS)/jane
PREFIX ?= /usr/local

# What compiling the engines takes on Debian and Ubuntu, and what fetches models.
TOOLS := cc cmake clang pkg-config python3
PACKAGES := build-essential cmake clang libclang-dev pkg-config libasound2-dev libsonic-dev python3 python3-pip

# A sound server of the tests' own, the browser that opens the page, and what runs clients in JavaScript.
TEST_PACKAGES := pulseaudio pulseaudio-utils libasound2-plugins chromium nodejs npm

.PHONY: run test build setup setup-tests models skills check-skills lint bench peers home-assistant wyoming-bench fuzz install clean help

# Without a microphone (exit code 1) she is talked to by typing.
run: models ## install what is missing, build, fetch the default models, and start Jane
	@$(JANE) ask --wav tests/data/largest_ocean.wav --out answer.wav
	echo "      (the answer is in answer.wav)" >&2
	if [ -t 0 ] && [ -t 1 ]; then $(JANE) talk || { [ $$? -eq 1 ] && exec $(JANE) chat; }; fi

test: setup-tests models check-skills ## run all tests, with the real engines, the default models and a second recogniser
	@$(JANE) models pull whisper-base smollm2-135m-instruct
	cargo test --release --locked --workspace
	scenarios() { cargo test --release --locked --test it "$$@" -- --ignored; }
	if [ -f "$${JANE_RECORDINGS:-../shared/speech}/manifest.tsv" ]; then scenarios hearing::; scenarios transcribe::; fi
	if unshare --user --map-root-user --mount true 2> /dev/null; then scenarios a_full_disk; fi
	if rustup target list --installed 2> /dev/null | grep -q wasm32-wasip2; then scenarios a_new_skill_builds; fi
	if [ -n "$${JANE_CHAT_TEMPLATES:-}" ]; then cargo test --release --locked -p jane-llama -- --ignored template::; fi

build: setup ## compile Jane and her engines
	@cargo build --release --locked

models: build ## fetch the models that jane.toml names
	@$(JANE) models pull

setup: ## install what compiling needs
	@$(call install,$(TOOLS),$(PACKAGES))

setup-tests: setup
	@$(call install,pulseaudio pactl chromium node npm,$(TEST_PACKAGES))

# Installs Debian packages where one of them, or one of some tools, is missing.
define install
missing=()
for tool in $(1); do command -v $$tool > /dev/null || missing+=($$tool); done
for package in $(filter lib%,$(2)); do
	if command -v dpkg-query > /dev/null; then
		dpkg-query -W -f '$${Status}' $$package 2> /dev/null | grep -q 'ok installed' || missing+=($$package)
	fi
done
packages="$(2)"
# A pip that is there is not replaced by Debian's.
if python3 -m pip --version > /dev/null 2>&1; then packages=$${packages/python3 python3-pip/}; else missing+=(pip); fi
# Nor is a Node.js that is there: one from elsewhere brings its own npm, and Debian's cannot stand beside it.
if command -v node > /dev/null && command -v npm > /dev/null; then packages=$${packages/nodejs npm/}; fi
if [ $${#missing[@]} -eq 0 ]; then exit 0; fi
echo "installing what is missing: $${missing[*]}"
if ! command -v apt-get > /dev/null; then
	echo "error: this system has no apt-get" >&2
	echo "hint: install the counterparts of these Debian packages: $(2)" >&2
	exit 1
fi
sudo=; [ "$$(id -u)" -eq 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$$sudo apt-get update -qq
$$sudo apt-get install -y -qq --no-install-recommends $$packages
endef

lint: setup ## formatting and clippy, warnings denied
	cargo fmt --all --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings

skills: ## build the skills that ship, from their sources in plugins/
	rustup target add wasm32-wasip2
	plugins/build.sh

check-skills: ## test the skills' sources; where the guest target is installed, compare what is built with what they make
	cargo test --quiet --locked --manifest-path plugins/Cargo.toml --target-dir $(CARGO_TARGET_DIR)/skills
	if rustup target list --installed 2> /dev/null | grep -q wasm32-wasip2; then plugins/build.sh --check; fi

bench: models ## word errors over recordings, and tokens per second by threads
	$(JANE) models pull whisper-base smollm2-135m-instruct
	cargo bench --locked --bench word_errors --bench skills
	cargo bench --locked -p jane-threads-bench

peers: models ## compare the engines with llama.cpp's own benchmark, piper-tts and faster-whisper
	benches/peers/setup.sh $(CARGO_TARGET_DIR)/peers
	cargo bench --locked --bench peers -- --peers $(CARGO_TARGET_DIR)/peers

HOME_ASSISTANT := $(CARGO_TARGET_DIR)/home-assistant
PYTHON_3_13 ?= python3.13

home-assistant: models ## try her as the voice of a real Home Assistant (Python 3.13)
	@packages=tests/clients/home_assistant_requirements.txt
	if ! cmp -s $$packages $(HOME_ASSISTANT)/installed; then
		$(PYTHON_3_13) -m venv --clear $(HOME_ASSISTANT)
		$(HOME_ASSISTANT)/bin/pip install --disable-pip-version-check --quiet --no-deps --requirement $$packages
		cp $$packages $(HOME_ASSISTANT)/installed
	fi
	$(HOME_ASSISTANT)/bin/python -u tests/clients/home_assistant.py $(JANE) $(RECORDINGS)

wyoming-bench: models ## how fast and how well she hears and speaks for Home Assistant, by wyoming-bench
	benches/wyoming.sh $(JANE) $(CARGO_TARGET_DIR)/wyoming-bench $(RECORDINGS)

FUZZ_SECONDS ?= 30

fuzz: setup ## fuzz every kind of file that is opened, each for FUZZ_SECONDS (a nightly toolchain and cargo-fuzz)
	for target in wav recording config model catalogue frames reply schema headers; do
		mkdir -p fuzz/corpus/$$target fuzz/seeds/$$target
		cargo +nightly fuzz run $$target fuzz/corpus/$$target fuzz/seeds/$$target -- -max_total_time=$(FUZZ_SECONDS)
	done

install: build ## put the programs and their data under PREFIX (/usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/jane
	install -m 755 $(PROGRAMS)/jane $(PROGRAMS)/jane-whisper $(PROGRAMS)/jane-llama $(PROGRAMS)/jane-piper $(DESTDIR)$(PREFIX)/bin
	data=$$(ls -dt $(PROGRAMS)/build/espeak-rs-sys-*/out/share/espeak-ng-data | head -n 1)
	cp -R "$$data" $(DESTDIR)$(PREFIX)/share/jane/

clean: ## remove what was built; models stay
	cargo clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12
