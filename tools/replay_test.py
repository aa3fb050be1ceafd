#!/usr/bin/env python3
"""replay.py finds a page that says what is not printed, and mends it."""
import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import replay


class Replay(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.page = self.folder / "page.md"

    def outcome(self, text, *options):
        self.page.write_text(text)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            code = replay.main(["--bin", str(self.folder), *options, str(self.page)])
        return code, out.getvalue()

    def console(self, *lines):
        return "\n".join(["before", "```console", *lines, "```", "after", ""])

    def test_what_is_printed_agrees(self):
        for lines in (["$ echo a 1.5", "a 2"], ["$ printf 'a\\nb\\nc\\n'", "a", "…", "c"], ["$ true"],
                      ["$ echo a word here", "a … here"], ["$ echo a \\", "  b", "a b"],
                      ["$ echo x >&2", "x"], ["$ echo y >f", "$ cat f", "y"]):
            self.assertEqual(self.outcome(self.console(*lines))[0], 0, lines)

    def test_what_is_not_printed_is_told_and_mended(self):
        for lines in (["$ echo a", "b"], ["$ echo a"], ["$ true", "a"], ["$ echo a", "a", "b"],
                      ["$ printf 'a\\nb\\n'", "…", "a"], ["$ echo 1 a", "1 b"]):
            text = self.console(*lines)
            self.assertEqual(self.outcome(text)[0], 1, lines)
            self.assertEqual(self.page.read_text(), text)
            self.outcome(text, "--write")
            self.assertEqual(self.outcome(self.page.read_text())[0], 0, lines)

    def test_sources_on_the_page_are_written_first(self):
        text = "```cpp a.cpp\nint x;\n```\n" + self.console("$ cat a.cpp", "int x;")
        self.assertEqual(self.outcome(text)[0], 0)

    def test_absent_data_skips(self):
        text = "<!-- needs raw/a.dng -->\n" + self.console("$ cat a.dng", "here")
        self.assertEqual(self.outcome(text)[0], replay.SKIPPED)
        (self.folder / "raw").mkdir()
        (self.folder / "raw/a.dng").write_text("here\n")
        self.assertEqual(self.outcome(text, "--data", str(self.folder))[0], 0)


if __name__ == "__main__":
    unittest.main()
