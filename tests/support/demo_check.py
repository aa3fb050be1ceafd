#!/usr/bin/env python3
"""demo_check: runs tools/demo in short, with a raw file of the simulator's, and looks at what it left.

Exit: 0 all is there, 1 not.
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DNG = ("rawtestsrc num-buffers=1 seed=7 ! video/x-bayer,width=320,height=240 ! dngenc "
       "! filesink location=small.dng")
WANTED = ["index.html", "burst_report.json", "burst_before_000.png", "burst_after_000.png", "burst_sheet_000.png"]
WANTED_OF_RAW = ["small_report.json", "small_before.jpg", "small_after.jpg", "small_sheet.jpg"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--raw", action="store_true", help="the build reads raw files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        wanted, files = list(WANTED), []
        if options.raw:
            subprocess.run([options.bin.resolve() / "parallax-launch", "-q", DNG], cwd=folder, check=True, timeout=50)
            wanted, files = wanted + WANTED_OF_RAW, [folder / "small.dng"]
        out = folder / "out"
        done = subprocess.run([ROOT / "tools/demo", "--short", "--bin", options.bin, "--out", out, *files],
                              text=True, capture_output=True, check=False, timeout=250)
        missing = [name for name in wanted if not (out / name).is_file() or not (out / name).stat().st_size]
        page = (out / "index.html").read_text() if (out / "index.html").is_file() else ""
        unshown = [name for name in wanted if "_after" in name and name not in page]
        if done.returncode == 0 and not missing and not unshown and "PSNR" in done.stdout:
            return 0
        print(done.stdout, done.stderr, f"exit {done.returncode}; missing: {missing}; not on the page: {unshown}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
