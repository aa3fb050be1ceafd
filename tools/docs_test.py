#!/usr/bin/env python3
"""docs.py finds what is broken; and this repository's own documents are whole."""
import subprocess
import tempfile
import unittest
from pathlib import Path

import docs


class Docs(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)
        (self.root / "dev").write_text("# menu\n#   test [PRESET]   runs\n")
        (self.root / "src").mkdir()
        (self.root / "src/x.h").write_text("")

    def problems(self, text):
        (self.root / "page.md").write_text(text)
        return [message for _, _, message in docs.check(self.root)]

    def test_what_is_whole_passes(self):
        text = ("# A word, or two\n[a](src/x.h) [b](https://nowhere.invalid/) [c](#a-word-or-two)\n"
                "`src/x.h` `./dev test dev` `src/*/x_test.cpp` `not a path`\n")
        self.assertEqual(self.problems(text), [])

    def test_what_is_broken_is_told(self):
        for text, word in (("[a](src/gone.h)", "leads nowhere"), ("[a](#gone)", "no heading"),
                           ("`src/gone.h`", "does not exist"), ("`./dev fly`", "no part fly"),
                           ("[a](page.md#gone)", "no heading")):
            with self.subTest(text):
                found = self.problems(text)
                self.assertEqual(len(found), 1, found)
                self.assertIn(word, found[0])

    def test_our_own_documents_are_whole(self):
        self.assertEqual(list(docs.check(docs.ROOT)), [])


if __name__ == "__main__":
    unittest.main()
