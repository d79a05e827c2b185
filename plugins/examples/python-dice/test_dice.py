"""Run with `python3 -m unittest`."""

import re
import unittest

import dice


class Asked(unittest.TestCase):
    def test_is_answered(self):
        for said, expected in [
            ("Roll a dice.", r"[1-6]\."),
            ("Please roll a die", r"[1-6]\."),
            ("Jane, could you throw the dice for me?", r"[1-6]\."),
            ("Roll two dice.", r"[1-6] and [1-6], that is \d+\."),
            ("roll a twenty-sided die", r"(1?\d|20)\."),
            ("Roll a d20.", r"(1?\d|20)\."),
            ("roll 3d6", r"[1-6], [1-6] and [1-6], that is \d+\."),
            ("Roll 500 dice.", r"I can roll up to 20 dice, .*"),
            ("Flip a coin.", r"Heads\.|Tails\."),
            ("Heads or tails?", r"Heads\.|Tails\."),
        ]:
            with self.subTest(said):
                self.assertTrue(re.fullmatch(expected, dice.answer(said) or ""), dice.answer(said))

    def test_is_left_to_the_model(self):
        for said in [
            "Who invented dice?",
            "How do I roll a dice in Python?",
            "Dice the onions.",
            "I had to flip a coin to decide.",
            "Write a poem about a coin.",
            "Roll the dough.",
        ]:
            with self.subTest(said):
                self.assertIsNone(dice.answer(said))

    def test_every_side_comes_up(self):
        self.assertEqual({dice.roll(1, 6) for _ in range(1000)}, {f"{side}." for side in range(1, 7)})


if __name__ == "__main__":
    unittest.main()
