#!/usr/bin/env bash
# Installs what was built, builds a plugin against the installation, and runs it.
#   outside_test.sh BUILD_FOLDER SOURCE_FOLDER
set -euo pipefail
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/usr" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
{ cmake -S "$source" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/usr" -G Ninja
  cmake --build "$work/build"; } >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
export PARALLAX_PLUGIN_PATH=$work/build/lib/parallax
launch=$work/usr/bin/parallax-launch
out=$("$launch" "videotestsrc num-buffers=2 pattern=white ! video/x-raw,format=GRAY8 ! invert ! \
      filesink location=$work/black.gray" 2>&1) || { echo "$out"; exit 1; }
echo "$out"
grep -q 'crasher.so.*crashed' <<<"$out" || { echo "the crashing plugin was not named"; exit 1; }
[ -s "$work/black.gray" ] || { echo "nothing was written"; exit 1; }
if tr -d '\000' <"$work/black.gray" | grep -q .; then echo "white did not become black"; exit 1; fi
"$launch" --inspect invert | grep -q 'white' || { echo "inspect does not know it"; exit 1; }
# A converter is put in where it is needed, keeps the fields that it does not change, and what it has
# counted outlives its process, so that no frame may be lost with it.
bytes='application/x-test-bytes,charset=none'
line="fakesrc num-buffers=3 sizetype=fixed sizemax=2 ! $bytes ! identity ! application/x-test-hex,charset=none ! filesink location=$work/hex"
"$launch" --dry-run "$line" | grep -q 'hexenc-auto0' || { echo "the plugin's converter was not put in"; exit 1; }
"$launch" -q --isolated='hexenc*' --delivery exact "$line" || { echo "the converter does not run isolated and exact"; exit 1; }
[ "$(cat "$work/hex")" = $'a0000\nb0000\nc0000' ] || { echo "it wrote $(cat "$work/hex")"; exit 1; }
if "$launch" -q --dry-run "${line/charset=none ! filesink/charset=some ! filesink}" 2>/dev/null; then
  echo "a field that the converter does not change was changed"; exit 1
fi
