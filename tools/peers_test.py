#!/usr/bin/env python3
"""Arithmetic and verdicts of tools/peers.py, on made-up samples."""
import unittest

import peers


def case(cpu, threads=1):
    return {"threads": threads, "cpu_ms_per_mp": cpu, "wall_ms_per_mp": cpu}


class Peers(unittest.TestCase):
    def test_a_round_that_was_slow_for_both_leaves_the_ratio_alone(self):
        self.assertEqual(peers.ratio([10, 40, 10], [2, 8, 2]), 5)

    def test_spread_is_median_and_quarters(self):
        self.assertEqual(peers.spread([1, 2, 3, 4, 100]), (3, 2, 4))
        self.assertEqual(peers.spread([7]), (7, 7, 7))

    def test_two_threads_are_compared_at_their_best(self):
        self.assertEqual(peers.faster([4, 2, 9], [1, 7]), 2)

    def test_pace_is_one_on_a_machine_that_never_changes(self):
        self.assertEqual(peers.pace([3, 3, 3]), 1)
        self.assertEqual(peers.pace([1, 2, 2]), 0.5)

    def test_a_missed_target_is_called_missed(self):
        cases = {peers.OURS: case([2.0, 2.0]), "OpenCV, bilinear": case([9.0, 9.0])}
        lines = list(peers.verdicts(cases))
        self.assertEqual(len(lines), 2)  # Who was not measured has no verdict.
        self.assertTrue(all("NOT reached" in line for line in lines))
        cases = {peers.OURS: case([1.0]), "OpenCV, bilinear": case([9.0])}
        self.assertFalse(any("NOT" in line for line in peers.verdicts(cases)))


if __name__ == "__main__":
    unittest.main()
