#!/usr/bin/env python3
"""bad_places: every sink, and every encoder before a file, where nothing can be written; sources that may not read.

A small file system that is full, one that is read-only, a folder that an ordinary user may not write, one that is not
there, a file in place of a folder, and a reader that goes away. Each must end with exit code 1 and an error that names
the place and the cause; what was there before stays, and nothing else is left behind.

The file systems are mounted in a namespace of this script's own. Exit: 0 all as it should be, 1 not, 77 where the
kernel gives no namespace.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PICTURES = "videotestsrc num-buffers=3 ! video/x-raw,format=RGB,width=256,height=256"
RAW = "rawtestsrc num-buffers=3 ! video/x-bayer,format=rggb12le,width=256,height=256"
# Each makes more than the full file system has room for, in one file.
STREAMS = {
    "bytes": "fakesrc num-buffers=9 sizetype=fixed sizemax=65536",
    "pngenc": f"{PICTURES} ! pngenc compression-level=0",
    "jpegenc": f"{RAW} ! softisp ! jpegenc quality=100",
    "tiffenc": f"{PICTURES} ! tiffenc",
    "dngenc": f"{RAW} ! dngenc",
    "y4menc": f"{PICTURES} ! y4menc",
    "wavenc": "audiotestsrc num-buffers=200 ! wavenc",
}
TO_FILE = {"filesink": "{place}/out", "multifilesink": "{place}/out"}
EARLIER = "earlier"
ROOM_BYTES = 65536
NOBODY = 65534


class Check:
    def __init__(self, folder, programs):
        self.folder, self.programs, self.failures = folder, programs, []

    def launch(self, line, **options):
        command = [str(self.programs / "parallax-launch"), "-q", "--report", "-", "--timeout", "30s", line]
        return subprocess.run(command, cwd="/", text=True, check=False, timeout=50, stdin=subprocess.DEVNULL,
                              capture_output=True, **options)

    def expect(self, what, wanted, found):
        if wanted != found:
            self.failures.append(f"{what}: expected {wanted!r}, found {found!r}")

    def refused(self, what, line, words, **options):
        """Exit 1, one error of class io with all the words, also on standard error."""
        done = self.launch(line, **options)
        try:
            errors = json.loads(done.stdout)["errors"]
        except ValueError:
            errors = []
        self.expect(f"{what}, exit code", 1, done.returncode)
        self.expect(f"{what}, class", ["io"], [error["class"] for error in errors])
        for word in words:
            told = [word in error["text"] for error in errors]
            self.expect(f"{what}, says {word} among {[e['text'] for e in errors]}", [True], told)
            self.expect(f"{what}, prints {word}", True, word in done.stderr)

    def kept(self, what, place, files):
        self.expect(f"{what}, what is left", files,
                    {path.name: path.read_text(errors="replace")[:40] for path in sorted(place.iterdir())})

    def full_disk(self):
        place = self.mount("full", f"size={ROOM_BYTES}")
        (place / "out").write_text(EARLIER)
        for name, stream in STREAMS.items():
            for sink, path in TO_FILE.items():
                if (name, sink) == ("wavenc", "multifilesink"):
                    continue  # Small frames, a file each: they fit.
                what = f"{name} to {sink} on a full disk"
                out = path.format(place=place)
                self.refused(what, f"{stream} ! {sink} location={out}", [out, "No space left on device"])
                self.kept(what, place, {"out": EARLIER})
        # Files before the one that does not fit stay, whole.
        self.refused("numbered files on a full disk",
                     f"fakesrc num-buffers=9 sizetype=fixed sizemax=20000 ! multifilesink location={place}/n_%d",
                     [f"{place}/n_", "No space left on device"])
        sizes = [path.stat().st_size for path in sorted(place.glob("n_*"))]
        self.expect("numbered files on a full disk, their sizes", [20000] * max(len(sizes), 1), sizes)
        for path in place.glob("n_*"):
            path.unlink()
        with open(place / "fd", "wb") as file:
            self.refused("fdsink on a full disk", f"{STREAMS['bytes']} ! fdsink fd={file.fileno()}",
                         ["No space left on device"], pass_fds=[file.fileno()])

    def read_only(self):
        place = self.mount("read_only", "size=65536")
        (place / "out").write_text(EARLIER)
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        for sink, path in TO_FILE.items():
            out = path.format(place=place)
            what = f"{sink} on a read-only file system"
            self.refused(what, f"{STREAMS['bytes']} ! {sink} location={out}", [out, "Read-only file system"])
            self.kept(what, place, {"out": EARLIER})
        self.refused("ipcsink on a read-only file system", f"{STREAMS['bytes']} ! ipcsink path={place}/s",
                     [f"{place}/s", "Read-only file system"])

    def mount(self, name, options):
        place = self.folder / name
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "parallax-test", place], check=True)
        return place

    def no_folder(self):
        place = self.folder / "none"
        (self.folder / "file").write_text(EARLIER)
        for sink in ("filesink location", "multifilesink location", "ipcsink path"):
            for out in (f"{place}/out", f"{self.folder}/file/out"):
                self.refused(f"{sink}={out}", f"{STREAMS['bytes']} ! {sink}={out}", [out])
        self.expect("what stands in place of a folder", EARLIER, (self.folder / "file").read_text())

    def not_allowed(self):
        """As an ordinary user, for root may write anywhere."""
        place = self.folder / "forbidden"
        place.mkdir()
        (place / "out").write_text(EARLIER)
        place.chmod(0o555)
        self.folder.chmod(0o755)
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        for sink, cause in (("filesink location", "cannot be written to"),
                            ("multifilesink location", "cannot be written to"),
                            ("ipcsink path", "Permission denied")):
            out = f"{place}/new"
            self.refused(f"{sink}, in a folder of others", f"{STREAMS['bytes']} ! {sink}={out}", [out, cause],
                         **user)
        self.kept("a folder of others", place, {"out": EARLIER})
        place.chmod(0o755)
        secret = place / "secret"
        secret.write_text(EARLIER)
        secret.chmod(0)
        for source in ("filesrc", "multifilesrc", "rawsrc"):
            self.refused(f"{source}, a file that may not be read", f"{source} location={secret} ! fakesink",
                         [str(secret), "Permission denied"], **user)

    def reader_gone(self):
        reader, writer = os.pipe()
        os.close(reader)
        for sink, word in ((f"fdsink fd={writer}", "Broken pipe"),
                           (f"filesink location=/dev/fd/{writer}", "Broken pipe")):
            self.refused(f"{sink}, which nobody reads", f"{STREAMS['bytes']} ! {sink}", [word], pass_fds=[writer])
        os.close(writer)
        self.refused("fdsink, closed", f"{STREAMS['bytes']} ! fdsink fd={writer}", [str(writer)])

    def finish(self):
        for failure in self.failures:
            print(failure)
        return 1 if self.failures else 0


def in_namespace(arguments):
    """This script again, where it may mount; None where the kernel refuses."""
    unshare = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*unshare, "mount", "-t", "tmpfs", "none", "/mnt"], check=False,
                      capture_output=True).returncode:
        return None
    return subprocess.run([*unshare, sys.executable, __file__, *arguments, "--mounting"], check=False).returncode


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", type=Path, required=True, help="folder with parallax-launch")
    parser.add_argument("--mounting", action="store_true", help="this is the copy that may mount")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        check = Check(Path(folder), args.bin.resolve())
        if args.mounting:
            check.full_disk()
            check.read_only()
            for name in ("full", "read_only"):
                subprocess.run(["umount", Path(folder) / name], check=True)
            return check.finish()
        check.no_folder()
        check.not_allowed()
        check.reader_gone()
        code = check.finish()
    mounted = in_namespace(arguments)
    if code == 0 and mounted is None:
        print("bad_places: no namespace to be had here, so no disk was filled")
        return 77
    return code or mounted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
