#!/usr/bin/env python3
"""pipe_runner must fail when it should: each rule is tried with a launcher that answers as told."""
import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import pipe_runner

# Writes the report that the launch text names, then exits as it says: `exit=N json={…} files=a,b`.
LAUNCHER = """#!/usr/bin/python3 -IS
import json, pathlib, re, signal, sys
report, text = sys.argv[sys.argv.index("--report") + 1], sys.argv[-1]
field = lambda name: (re.search(name + "=(\\\\S+)", text) or [None, ""])[1]
for name in filter(None, field("files").split(",")):
    pathlib.Path(name).write_text("content of " + name[0])
if field("json"): pathlib.Path(report).write_text(field("json"))
if "wait" in text:
    try: signal.pause()
    except KeyboardInterrupt: sys.exit(130)
print("text:", text, "args:", sys.argv[3:-1])
sys.exit(int(field("exit") or 0))
"""
REPORT = ('{"status":"eos","wall_s":0.5,"elements":[{"name":"x","frames_in":3,'
          '"metrics":{"psnr_db":31.5}}],"errors":[{"class":"io"}]}')


class PipeRunner(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        launcher = self.folder / "parallax-launch"
        launcher.write_text(LAUNCHER)
        launcher.chmod(0o755)
        (self.folder / "raw").mkdir()
        (self.folder / "raw" / "ten").write_bytes(b"0123456789")

    def run_pipe(self, text, *options):
        file = self.folder / "case.pipe"
        file.write_text(text)
        self.out = io.StringIO()
        with contextlib.redirect_stdout(self.out):
            return pipe_runner.main(["--bin", str(self.folder), "--data", str(self.folder), *options,
                                     str(file)])

    def check(self, expectation, code, launch="json=" + REPORT):
        with self.subTest(expectation):
            got = self.run_pipe(f"run {launch}\nexpect {expectation}\n")
            self.assertEqual(got, code, self.out.getvalue())

    def test_a_field_is_compared_and_the_opposite_fails(self):
        for line in ("status = eos", "x.frames_in = 3", "x.frames_in >= 3", "wall_s < 0.6",
                     "x.metrics.psnr_db > 31", "error.class = io", "errors.count = 1",
                     "status != error", "stdout ~ text: js.n", "y.frames_in = absent",
                     "x.metrics.psnr_db ~ ^31", "errors.0.class = 'io'"):
            self.check(line, 0)
        for line in ("status = error", "x.frames_in = 4", "x.frames_in > 3", "wall_s < 0.5",
                     "error.class = runtime", "errors.count = 0", "status != eos", "stdout ~ nothing",
                     "y.frames_in = 3", "y.frames_in < 3", "x.frames_in = three", "status > a"):
            self.check(line, 1)

    def test_the_exit_code_is_zero_unless_a_line_expects_another(self):
        self.check("stdout ~ text", 1, "exit=3")
        self.check("exit = 3", 0, "exit=3")
        self.check("exit = 1", 1, "exit=3")
        self.assertEqual(self.run_pipe("run exit=3\nexpect stdout ~ t\nrun exit=3\nexpect exit = 3\n"), 1)

    def test_files_are_counted_measured_and_compared(self):
        launch = "files=a1,a2,b"
        for line in ("file a1 = exists", "file c = absent", "file a* = 2 files", "file b = 12 bytes",
                     "file b > 11", "file a1 = file a2", "file a1 != file b", "file b ~ of b",
                     "file c != exists"):
            self.check(line, 0, launch)
        for line in ("file c = exists", "file a1 = absent", "file a* = 3 files", "file b = 13 bytes",
                     "file a1 = file b", "file a1 = file c", "file b ~ of a", "file a* = 12 bytes"):
            self.check(line, 1, launch)

    def test_lines_continue_and_names_expand(self):
        self.assertEqual(self.run_pipe("# why\nwith --timeout 5s\nrun a\n    b $DATA $TMP\n"
                                       f"expect stdout ~ a b {self.folder} /\n"
                                       "expect stdout ~ '--timeout', '5s'\n"), 0)

    def test_given_makes_files(self):
        head = "given cut = first 4 bytes of data/raw/ten\ngiven none = 0 bytes\ngiven t = hello\nrun x\n"
        self.assertEqual(self.run_pipe(head + "expect file cut ~ ^0123$\nexpect file none = 0 bytes\n"
                                       "expect file t ~ hello\n"), 0)

    def test_what_is_missing_is_skipped_by_name(self):
        self.assertEqual(self.run_pipe("needs data/raw/none.dng\nrun x\nexpect exit = 0\n"), 77)
        self.assertIn("raw/none.dng", self.out.getvalue())
        self.assertEqual(self.run_pipe("needs data/raw/ten\nrun x\nexpect exit = 0\n"), 0)
        self.assertEqual(self.run_pipe("needs option libraw\nrun x\nexpect exit = 0\n"), 77)
        self.assertEqual(self.run_pipe("needs option libraw\nrun x\nexpect exit = 0\n",
                                       "--option", "libraw"), 0)

    def test_a_file_that_proves_nothing_is_an_error(self):
        for text in ("", "run x\n", "expect exit = 0\n", "walk x\n", "run\nexpect exit = 0\n",
                     "  run x\n", "expect exit = 0\nrun x\n", "run x\nexpect exit\n",
                     "run files=a\nexpect file a = many\n"):
            with self.subTest(text):
                self.assertEqual(self.run_pipe(text), 2)

    def test_a_run_is_interrupted_when_its_file_appears(self):
        self.assertEqual(self.run_pipe("run wait files=a\ninterrupt when file a\nexpect exit = 130\n"), 0)
        self.assertEqual(self.run_pipe("run files=a\ninterrupt when file b\nexpect exit = 130\n"), 1)
        self.assertEqual(self.run_pipe("run x\ninterrupt soon\nexpect exit = 130\n"), 2)

    def test_a_report_that_is_no_json_fails(self):
        self.check("status = eos", 1, "json={")


if __name__ == "__main__":
    unittest.main()
