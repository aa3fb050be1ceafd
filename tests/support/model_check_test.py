#!/usr/bin/env python3
"""A model that holds and whose mutants do not passes; every other fails."""
import contextlib
import io
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import model_check

COUNTER = """/* Counts to two.
 *
 * Mutants: TOO_FAR to three
 *          NOT_FAR to one
 */
#ifdef TOO_FAR
#define MOST 3
#else
#define MOST 2
#endif
active proctype Counter() {
    byte n;
    do
    :: n < MOST -> n++
    :: else -> break
    od;
    assert(n == 2);
}
"""
HOLDS = (3, None)
FAILS = (3, "assertion violated")


def verdict(answers, text=COUNTER):
    """What the whole says when the searches find this, by mutant."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()), \
            contextlib.redirect_stderr(io.StringIO()) as said, \
            mock.patch.object(model_check, "search", lambda model, mutant, _: answers[mutant]):
        model = Path(folder) / "counter.pml"
        model.write_text(text)
        return model_check.main([str(model)]), said.getvalue()


class ModelCheck(unittest.TestCase):
    def test_names_of_mutants(self):
        self.assertEqual(model_check.mutants_of(COUNTER), ["TOO_FAR", "NOT_FAR"])

    def test_search(self):
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder) / "counter.pml"
            model.write_text(COUNTER)
            self.assertIsNone(model_check.search(model, None, folder)[1])
            self.assertIn("n==2", model_check.search(model, "TOO_FAR", folder)[1])

    def test_holds(self):
        code, _ = verdict({None: HOLDS, "TOO_FAR": FAILS, "NOT_FAR": FAILS})
        self.assertEqual(code, 0)

    def test_does_not_hold(self):
        code, said = verdict({None: FAILS, "TOO_FAR": FAILS, "NOT_FAR": FAILS})
        self.assertEqual(code, 1)
        self.assertIn("does not hold", said)

    def test_a_mutant_that_passes_is_an_error(self):
        code, said = verdict({None: HOLDS, "TOO_FAR": FAILS, "NOT_FAR": HOLDS})
        self.assertEqual(code, 1)
        self.assertIn("NOT_FAR", said)

    def test_no_mutants_is_an_error(self):
        self.assertEqual(verdict({None: HOLDS}, "active proctype A() { skip }\n")[0], 1)


if __name__ == "__main__":
    unittest.main()
