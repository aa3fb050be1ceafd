#!/usr/bin/env python3
"""element_examples must fail when an example does not hold: tried with programs that answer as told."""
import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import element_examples

# `parallax-inspect [NAME] --json` out of a table, and a launcher that exits as its line says.
INSPECT = """#!/usr/bin/python3 -IS
import json, sys
table = json.loads('''{table}''')
name = sys.argv[1]
if name == "--json": print(json.dumps([{{"name": key}} for key in table]))
elif name in table: print(json.dumps({{"example": table[name]}}))
else: sys.exit(2)
"""
LAUNCH = """#!/usr/bin/python3 -IS
import re, sys
wanted = "dry" if "--dry-run" in sys.argv else "run"
found = re.search(wanted + "=([0-9]+)", sys.argv[-1])
sys.exit(int(found[1]) if found else 0)
"""


class ElementExamples(unittest.TestCase):
    def outcome(self, table):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("parallax-launch", LAUNCH),
                               ("parallax-inspect", INSPECT.format(table=json.dumps(table)))):
                program = Path(folder) / name
                program.write_text(text)
                program.chmod(0o755)
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                code = element_examples.main(["--bin", folder])
            return code, out.getvalue()

    def test_examples_that_run_pass(self):
        self.assertEqual(self.outcome({"a": "x ! a", "b": "b p=1 ! x"})[0], 0)

    def test_every_fault_is_told(self):
        for line, told in (("", "no example"), ("x ! ab", "own example"), ("a dry=2", "dry-run"),
                           ("a run=1", "exit 1")):
            code, out = self.outcome({"a": line})
            self.assertEqual(code, 1)
            self.assertIn(told, out)

    def test_what_the_machine_lacks_is_named(self):
        code, out = self.outcome({"a": "a run=4"})
        self.assertEqual(code, 0)
        self.assertIn("not tried", out)

    def test_a_program_feeds_appsrc(self):
        self.assertEqual(self.outcome({"appsrc": "appsrc run=1"})[0], 0)

    def test_no_elements_at_all_is_a_failure(self):
        self.assertEqual(self.outcome({})[0], 1)


if __name__ == "__main__":
    unittest.main()
