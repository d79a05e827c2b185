#!/usr/bin/env python3
"""What Jane understands and answers, scored: benches/mind.py [--jane PROGRAM] [--data FOLDER] [--only q,d,n,tools] [--set KEY=VALUE ...]

The folder holds `questions.tsv` (q: a question and a pattern that the answer has to match; d: a conversation, each turn with its pattern, where
no answer may come twice or hold `{`; n: what nothing here can do, so that the answer has to say so) and `tools.tsv` (the tool that serves
what is said, and a pattern of its arguments or result; `none`: no tool may be called and no skill may answer).

Questions and requests are asked one by one, each in a conversation of its own; what belongs together in one.
"""
import argparse, json, os, pathlib, re, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# How one says that one cannot.
CANNOT = re.compile(r"\b(can't|cannot|can not|unable|not able|no access|don't have|do not have|no skill|not possible|couldn't|won't|isn't possible|doesn't have)\b", re.I)
# What claims that it was done.
CLAIMS = re.compile(r"\b(i've|i have|i'll|i will|i am|i'm) (just |now |already )?(turn|switch|sen[dt]|book|lock|set|call|play|order|reserv|add)|\b(has|have) been (turned|switched|sent|booked|locked|set|ordered)|^(done|sure|okay)[.!,]", re.I)


def home(models):
    """A home of its own with the skills that ship, so that nothing of one request is left for the next."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="jane-mind-"))
    (directory / "plugins").mkdir()
    for skill in (ROOT / "plugins").glob("*.wasm"):
        (directory / "plugins" / skill.name).write_bytes(skill.read_bytes())
    (directory / "jane.toml").write_text(f'[models]\ndirectory = "{models}"\n[audio]\noutput_device = "none"\n')
    return directory


class Chat:
    def __init__(self, options):
        sets = [word for one in options.set for word in ("--set", one)]
        command = [options.jane, "--home", str(home(options.models)), *sets, "chat", "--silent", "--json"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("JANE_")}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
        self.until("listening")

    def until(self, name):
        events = []
        for line in self.process.stdout:
            event = json.loads(line)
            events.append(event)
            if event["event"] == name:
                return events
        raise SystemExit(f"Jane ended: {events[-3:]}")

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        # An announcement, such as a timer that rings, is a turn of its own.
        events = []
        while not [one for one in events if one["event"] == "turn.ended" and one["outcome"] not in ("announced", "announcement")]:
            events += self.until("listening")
        started = [one["turn"] for one in events if one["event"] == "turn.started" and one["input"] != "announcement"]
        events = [one for one in events if one.get("turn") in started]
        find = lambda name: [event for event in events if event["event"] == name]
        reply = " ".join(event["text"] for event in find("reply"))
        ended = find("turn.ended")[-1]
        return {
            "reply": reply,
            "tools": [event["tool"] for event in find("tool.called")],
            "skills": [event["skill"] for event in find("skill.answered")],
            "first_ms": ended["first_sentence_ms"],
            "total_ms": ended["total_ms"],
        }

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def rows(path):
    return [line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8") if line.strip()]


def show(ok, kind, said, heard):
    print(f"{'ok ' if ok else 'BAD'} {kind:<16} {said!r} -> {heard['reply']!r} tools={heard['tools']} skills={heard['skills']} {heard['first_ms']} ms", flush=True)
    return ok


# Which skill serves a tool, where the skill answered by itself.
OF_SKILL = {
    "set_timer": "timer", "list_timers": "timer", "cancel_timer": "timer", "get_time": "clock", "calculate": "calculator", "convert": "calculator",
    "add_to_list": "notes", "remove_from_list": "notes", "read_list": "notes", "take_note": "notes", "read_notes": "notes", "get_weather": "weather",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jane", default=str(pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "jane"))
    parser.add_argument("--models", default=os.environ.get("JANE_MODELS__DIRECTORY", str(ROOT / "models")))
    parser.add_argument("--data", default=str(ROOT.parent / "shared" / "mind"))
    parser.add_argument("--only", default="q,d,n,tools")
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    only, data = options.only.split(","), pathlib.Path(options.data)
    scores, first = {}, []
    def count(kind, ok):
        good, all_ = scores.get(kind, (0, 0))
        scores[kind] = (good + ok, all_ + 1)

    chat = Chat(options)
    def alone(text):
        """In a conversation of its own."""
        nonlocal chat
        chat.end()
        chat = Chat(options)
        return chat.say(text)
    for kind, *row in rows(data / "questions.tsv"):
        if kind not in only:
            continue
        if kind == "d":
            chat.end()
            chat = Chat(options)
            earlier = []
            for said, pattern in zip(row[::2], row[1::2]):
                heard = chat.say(said)
                ok = re.search(pattern, heard["reply"], re.I) is not None and heard["reply"] not in earlier and "{" not in heard["reply"]
                earlier.append(heard["reply"])
                count("dialogue turns", show(ok, kind, said, heard))
        else:
            heard = alone(row[0])
            first.append(heard["first_ms"] or heard["total_ms"])
            if kind == "q":
                count("questions", show(re.search(row[1], heard["reply"], re.I) is not None, kind, row[0], heard))
            else:
                ok = CANNOT.search(heard["reply"]) is not None and not CLAIMS.search(heard["reply"]) and not heard["tools"]
                count("honest about what she cannot do", show(ok, kind, row[0], heard))
    if "tools" in only:
        chat.end()
        chat = Chat(options)
        for wanted, said, *pattern in rows(data / "tools.tsv"):
            heard = chat.say(said)
            served = heard["tools"] + heard["skills"]
            if wanted == "none":
                count("talk without a tool", show(not served, wanted, said, heard))
            else:
                called = wanted in heard["tools"] or OF_SKILL.get(wanted) in heard["skills"]
                fits = not pattern or not pattern[0] or re.search(pattern[0], heard["reply"], re.I) is not None
                count("requests served", show(called and fits, wanted, said, heard))
    chat.end()
    print()
    for kind, (good, all_) in scores.items():
        print(f"{kind}: {good} of {all_}, {100 * good / all_:.0f} %")
    if first:
        first.sort()
        print(f"first sentence: median {first[len(first) // 2]} ms, 95th percentile {first[int(len(first) * 0.95)]} ms")


main()
