"""A small core of the tests' own through all tools, by the command that takes cores of others. Installs Yosys and nextpnr on first
use."""

import json
import subprocess
import sys
import unittest
from pathlib import Path

SYNTH = Path(__file__).resolve().parent.parent
FOLDER = SYNTH / "tests" / "fixtures" / "peer"


def peer(*arguments):
    return subprocess.run([sys.executable, str(SYNTH / "peer.py"), str(FOLDER), *arguments], capture_output=True, text=True)


class Peer(unittest.TestCase):
    def test_a_row(self):
        done = peer("--top", "unary_encoder", "--without", "tb_*", "--seeds", "1,2", "--symbols-per-clock", "2", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        row = json.loads(done.stdout)
        # Eight bits out, a valid bit, sixteen held, four of fill: 29, and no smaller way to keep them.
        self.assertEqual((row["ff"], row["bram"]), (29, 0))
        self.assertTrue(20 < row["lut"] < 80 and 150 < row["mhz"] < 600, row)
        self.assertAlmostEqual(row["mb_per_s"], 2 * row["mhz"])
        self.assertEqual(sorted(row["mhz_of_seeds"])[0], row["mhz"])
        self.assertIn(row["path"]["from"], ("fill", "held"))

    def test_what_is_wrong_is_said(self):
        done = peer("--top", "unary_encoder")
        self.assertEqual(done.returncode, 1)
        self.assertIn("tb_broken.v:1: ERROR: syntax error", done.stderr)
        done = peer("--top", "nothing", "--without", "tb_*")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing", done.stderr)


if __name__ == "__main__":
    unittest.main()
