#!/usr/bin/env python3
"""reference.py writes what it checks, and finds a page that is stale."""
import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import reference

COMMON = {"name": "name", "type": "string", "doc": "", "default": "", "unit": "", "live": False,
          "read_only": False, "required": False}
GAIN = {"name": "gain", "type": "double", "doc": "a | b", "default": 1.5, "unit": "EV", "live": True,
        "read_only": False, "required": False, "min": 0, "max": 8, "values": [{"name": "one", "doc": "the one"}]}
ELEMENT = {"name": "blur", "family": "video", "doc": "makes blurred", "example": "x ! blur",
           "pads": [{"name": "sink", "direction": "sink", "presence": "always", "caps": "ANY"}],
           "properties": [COMMON, GAIN]}
PLAIN = dict(ELEMENT, name="plain", properties=[COMMON])
INSPECT = """#!/usr/bin/python3 -IS
import json, sys
table = json.loads('''{table}''')
print(json.dumps(list(table.values()) if sys.argv[1] == "--json" else table[sys.argv[1]]))
"""


class Reference(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.page = self.folder / "docs" / "elements.md"

    def run_with(self, table, what):
        program = self.folder / "parallax-inspect"
        program.write_text(INSPECT.format(table=json.dumps(table)))
        program.chmod(0o755)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = reference.main(["--bin", str(self.folder), "--page", str(self.page), what])
        return code, out.getvalue()

    def test_what_is_written_is_up_to_date(self):
        table = {"blur": ELEMENT, "plain": PLAIN}
        self.assertEqual(self.run_with(table, "--check")[0], 1)
        self.assertEqual(self.run_with(table, "--write")[0], 0)
        self.assertEqual(self.run_with(table, "--check")[0], 0)
        text = self.page.read_text()
        for part in ("## video", "[blur](#blur)", "`gain`", "double 0 … 8 EV, live", "`1.5`", "a \\| b",
                     "`one` the one", 'parallax-launch "x ! blur"'):
            self.assertIn(part, text)
        self.assertNotIn("| `name` |", text)

    def test_a_stale_page_is_told_with_its_line(self):
        self.run_with({"blur": ELEMENT, "plain": PLAIN}, "--write")
        code, out = self.run_with({"blur": dict(ELEMENT, doc="new"), "plain": PLAIN}, "--check")
        self.assertEqual(code, 1)
        self.assertIn("new", out)
        self.assertIn("./dev docs --write", out)


if __name__ == "__main__":
    unittest.main()
