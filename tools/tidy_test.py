#!/usr/bin/env python3
"""Every rule of tidy.py fires on what it forbids, and is silent on what it allows."""
import subprocess
import tempfile
import unittest
from pathlib import Path

import tidy

HEADER = "// Thing: what it is.\n#pragma once\n"


class Tidy(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        (path.parent / "README.md").write_text("# here\n")
        (self.root / name.split("/", maxsplit=1)[0] / "README.md").write_text("# here\n")

    def check(self):
        problems, _ = tidy.check(self.root)
        return [f"{rel}:{line}: {message}" for rel, line, message in problems]

    def fires(self, name, text, *words):
        self.write(name, text)
        found = self.check()
        self.assertTrue(any(all(word in line for word in (name, *words)) for line in found), found)
        (self.root / name).unlink()

    def silent(self, name, text):
        self.write(name, text)
        self.assertEqual(self.check(), [])
        (self.root / name).unlink()

    def test_includes_go_down_never_sideways_never_up(self):
        for own, other in (("base", "memory"), ("memory", "media"), ("media", "graph"), ("graph", "isp"),
                           ("isolate", "elements"), ("elements", "app")):
            self.fires(f"src/{own}/x.cpp", f'#include "{other}/y.h"\n', f"x.cpp:1: {own}", "down")
            self.silent(f"src/{other}/x.cpp", '#include "base/y.h"\n#include <vector>\n')
        self.fires("src/base/x.cpp", '\n#include "parallax/arena.h"\n', ":2:", "memory")
        self.fires("src/base/x.cpp", '#include "graph/x-inl.h"\n', "graph")
        self.silent("src/app/x.cpp", '#include "isolate/y.h"\n#include "parallax/arena.h"\n')

    def test_stages_have_no_authority_over_memory(self):
        self.fires("src/elements/x.cpp", '\n#include "memory/budget.h"\n', ":2:", "lent")
        self.silent("src/exec/x.cpp", '#include "memory/budget.h"\n')
        self.silent("src/elements/x.cpp", '#include "memory/pressure.h"\n')

    def test_a_public_header_has_a_keeper(self):
        self.fires("include/parallax/nobody.h", HEADER, "PUBLIC")
        self.fires("src/app/x.cpp", '#include "parallax/nobody.h"\n', "PUBLIC")
        self.fires("include/parallax/result.h", HEADER + '#include "parallax/arena.h"\n', "memory")
        self.silent("include/parallax/result.h", HEADER)

    def test_sizes_have_limits(self):
        self.silent("src/base/x.cpp", "\n" * 500)
        self.fires("src/base/x.cpp", "int a;\n" * 501, "501 lines")
        self.silent("include/parallax/result.h", HEADER + "int a();\n" * 248)
        self.fires("include/parallax/result.h", HEADER + "int a();\n" * 249, "251 lines", "250")
        self.silent("src/base/x.cpp", "//" + " " * 97 + ".\n// https://" + "x" * 200 + "\n")
        self.fires("src/base/x.cpp", "\n//" + " " * 98 + ".\n", ":2: 101 columns")
        self.silent("src/base/x.cpp", "int f() {\n" + "    ;\n" * 68 + "}\n")
        self.fires("src/base/x.cpp", "int f() {\n" + "    ;\n" * 69 + "}\n", ":1: f() is 71 lines")

    def test_banned_words_name_their_remedy(self):
        bad = {"throw 1;": "fail", "auto* p = new Thing;": "make_unique", "delete p;": "owner",
               "using namespace std;": "name what", "std::cout << 1;": "log::info",
               "reinterpret_cast<int*>(p)": "bit_cast", "std::shared_ptr<int> p;": "unique_ptr",
               "std::this_thread::sleep_for(x);": "event", "int a;  // TODO mend": "do it now",
               "try {} catch (int) {}": "Result"}
        for code, remedy in bad.items():
            self.fires("src/graph/x.cpp", f"int a;\n{code}\n", ":2:", remedy)

    def test_words_are_allowed_where_they_mean_something_else(self):
        for code in ("// we throw nothing, new Things, delete p", 'f("throw new Thing; delete p");',
                     "Thing(const Thing&) = delete;", "auto renewed = 1;", "char c = '\"'; int thrown;"):
            self.silent("src/graph/x.cpp", code + "\n")
        self.silent("src/memory/x.cpp", "reinterpret_cast<int*>(p);\n")
        self.silent("src/memory/arena_x.cpp", "std::shared_ptr<int> p;\n")

    def test_headers_open_with_prose_and_a_guard(self):
        self.silent("src/base/x.h", HEADER)
        self.fires("src/base/x.h", "#pragma once\n", "prose")
        self.fires("src/base/x.h", "// X: this.\n", "pragma once")
        self.fires("src/base/x.h", "// X: without #pragma once.\n", "pragma once")
        self.silent("src/isp/x-inl.h", "// X: this.\n#if defined(A) == defined(HWY_TARGET_TOGGLE)\n#endif\n")
        self.fires("src/base/x.cpp", "int a;", "newline")

    def test_folders_are_known_and_explain_themselves(self):
        self.write("src/utils/x.cpp", "int a;\n")
        self.assertTrue(any("src/utils:1: a new module" in line for line in self.check()))
        (self.root / "src/utils/x.cpp").unlink()
        self.fires("src/x.cpp", "int a;\n", "belongs to no module")
        self.write("src/base/part/x.cpp", "int a;\n")
        (self.root / "src/base/part/README.md").unlink()
        (self.root / "src/base/README.md").write_text("# here\n")
        self.assertTrue(any("src/base/part:1: missing README" in line for line in self.check()))
        (self.root / "src/base/README.md").write_text("`part/` is a part\n")
        self.assertEqual(self.check(), [])
        (self.root / "src/base/README.md").unlink()
        self.assertTrue(any("src/base:1: missing README" in line for line in self.check()))
        (self.root / "src/base/README.md").write_text("line\n" * 21)
        self.assertTrue(any("20 lines" in line for line in self.check()))

    def test_every_folder_of_the_repository_explains_itself(self):
        for folder in (".ci", "docs/tutorials", "tests/support", "examples/plugin", "new", "cmake"):
            self.write(f"{folder}/file.txt", "text\n")
            self.assertEqual(self.check(), [])
            (self.root / folder / "README.md").unlink()
            self.assertTrue(any(f"{folder}:1: missing README" in line for line in self.check()), folder)
            (self.root / folder / "README.md").write_text("# here\n")
        for folder in ("fuzz/corpus/png", "build/dev", "tools/__pycache__"):
            self.write(f"{folder}/file.txt", "text\n")
            (self.root / folder / "README.md").unlink()
            self.assertEqual(self.check(), [], folder)

    def test_what_git_ignores_needs_no_readme(self):
        self.write("docs/x.md", "text\n")
        self.write("out/x.txt", "text\n")
        self.write("fresh/x.txt", "text\n")
        (self.root / "README.md").write_text("# here\n")
        for folder in ("out", "fresh"):
            (self.root / folder / "README.md").unlink()
        (self.root / ".gitignore").write_text("out/\n")
        subprocess.run(["git", "init", "-q", self.root], check=True)
        self.assertEqual([line for line in self.check() if "README" in line],
                         ["fresh:1: missing README.md: what lives here, what never may, where to start"])

    def test_sources_without_a_test_are_reported_not_refused(self):
        self.write("src/base/x.cpp", "int a;\n")
        self.assertEqual(tidy.check(self.root), ([], [Path("src/base/x.cpp")]))
        self.write("src/base/x_test.cpp", "int b;\n")
        self.assertEqual(tidy.check(self.root), ([], []))


if __name__ == "__main__":
    unittest.main()
