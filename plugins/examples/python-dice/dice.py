"""What is asked for, and what comes of it. Knows nothing of Jane, so that it can be tested with any Python."""

import random
import re

MOST_DICE = 20
MOST_SIDES = 1000

_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
            "nine": 9, "ten": 10, "twelve": 12, "twenty": 20, "hundred": 100, "a hundred": 100, "one hundred": 100}
_COUNT = r"(?:(?P<count>\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|an?|the|my|some)\s+)?"
_POLITE = r"(?:(?:please|can you|could you|would you|will you|jane)\s+)*"
_SIDES = r"(?P<sides>\d{1,4}|four|six|eight|ten|twelve|twenty|(?:a |one )?hundred)"

_COIN = re.compile(rf"{_POLITE}(?:(?:flip|toss|throw) (?:a|the|my) coin(?: for me)?|heads or tails)(?: please)?")
_DICE = re.compile(rf"{_POLITE}(?:roll|throw) (?:me )?{_COUNT}(?:{_SIDES}[- ]sided )?(?:dice|die)(?: for me)?(?: please)?")
# As it is said at a table: "roll a d20", "roll 3d6".
_SHORT = re.compile(rf"{_POLITE}(?:roll|throw) (?:me )?{_COUNT}(?P<digits>\d{{1,2}})?[dw](?P<sides>\d{{1,4}})(?: please)?")

# A component is started once and kept, and Python's own generator with it: it would give every copy the same numbers.
_chance = random.SystemRandom()


def answer(text):
    """The answer to `text`, or None where it asks for no die and no coin."""
    said = re.sub(r"[^\w\s-]", "", text.lower()).strip()
    if _COIN.fullmatch(said):
        return flip()
    match = _DICE.fullmatch(said) or _SHORT.fullmatch(said)
    if not match:
        return None
    parts = match.groupdict()
    count = _number(parts.get("digits") or parts["count"] or "one")
    return roll(count, _number(parts["sides"] or "six"))


def flip():
    return _chance.choice(["Heads.", "Tails."])


def roll(count, sides):
    if not 1 <= count <= MOST_DICE or not 2 <= sides <= MOST_SIDES:
        return f"I can roll up to {MOST_DICE} dice, of 2 to {MOST_SIDES} sides."
    rolled = [_chance.randint(1, sides) for _ in range(count)]
    if count == 1:
        return f"{rolled[0]}."
    listed = ", ".join(map(str, rolled[:-1])) + f" and {rolled[-1]}"
    return f"{listed}, that is {sum(rolled)}."


def _number(word):
    return int(word) if word.isdigit() else _NUMBERS.get(word, 1)
