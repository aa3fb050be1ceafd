#!/usr/bin/env python3
"""What fail_nth takes for a clean end, and what not."""
import unittest

from fail_nth import judge

WANTED = b"picture"


class Judge(unittest.TestCase):
    def test_the_same_bytes_are_good(self):
        self.assertIsNone(judge((0, "", WANTED, []), WANTED))

    def test_an_error_that_is_said_is_good(self):
        self.assertIsNone(judge((1, "parallax-launch: error: no memory", None, []), WANTED))
        self.assertIsNone(judge((4, "parallax-launch: error: no namespaces", None, []), WANTED))

    def test_what_hangs_is_wrong(self):
        self.assertIn("did not end", judge((None, "", None, []), WANTED))

    def test_a_crash_is_wrong(self):
        self.assertIn("139", judge((139, "error: so it was", None, []), WANTED))

    def test_other_bytes_are_wrong_whatever_was_said(self):
        for code in (0, 1):
            self.assertIn("other bytes", judge((code, "error: x", b"pict", []), WANTED))

    def test_silence_is_wrong(self):
        self.assertIn("without an error", judge((1, "", None, []), WANTED))
        self.assertIn("wrote nothing", judge((0, "", None, []), WANTED))

    def test_what_is_left_is_wrong_unless_memory_ran_out(self):
        self.assertIn("behind", judge((1, "error: x", None, [".part"]), WANTED))
        self.assertIsNone(judge((1, "error: out of memory", None, [".part"]), WANTED))


if __name__ == "__main__":
    unittest.main()
