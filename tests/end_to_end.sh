#!/usr/bin/env bash
# The program as its user meets it. Called by check.sh with the binary in $BIN, a Python that has the tensorboard package in
# $PYTHON and a scratch folder as its argument; prints "ok NAME" for each thing seen to be true and stops at the first that is not.
set -uo pipefail
work=$1
export HOME=$work/home XDG_DATA_HOME=$work/home/data
mkdir -p "$XDG_DATA_HOME"

ok() { echo "ok $*"; }
die() { echo "NOT OK $*" >&2; exit 1; }

# says NAME PATTERN COMMAND...: the command fails, without a panic, with one sentence that matches.
says() {
  local name=$1 pattern=$2 text; shift 2
  if text=$("$@" 2>&1 >/dev/null); then die "$name: it succeeded"; fi
  grep -q 'panicked' <<<"$text" && die "$name: $text"
  grep -qE -- "$pattern" <<<"$text" || die "$name: $text"
  [ "$(wc -l <<<"$text")" -le 6 ] || die "$name: more than a sentence: $text"
  ok "$name"
}

says "no display names the terminal command" 'cargo run --release -- train' \
  env -u DISPLAY -u WAYLAND_DISPLAY -u WAYLAND_SOCKET timeout 5 "$BIN"
says "impossible depth" '6n\+2' "$BIN" inspect plain-21
says "cardinality that does not divide" 'does not divide' "$BIN" inspect resnet-29:block=bottleneck,cardinality=3
says "unknown experiment lists the known" 'quick' "$BIN" train no-such-experiment
says "unknown run lists the known" 'plain-20' "$BIN" train quick --only lenet --out "$work/never"

"$BIN" inspect resnet-56 --json | "$PYTHON" -c '
import json, sys
table = json.load(sys.stdin)
assert (table["parameters"], table["multiply_adds"]) == (853018, 125485696), table["parameters"]
assert table["layers"][0] == dict(name="conv1", op="conv", output=[16, 32, 32], parameters=432, multiply_adds=442368, receptive_field=3)
' || die "inspect --json"
ok "inspect --json gives the paper's counts"

train() { "$BIN" train quick --only plain-20 --only plain-56 --only resnet-20 --eval-every 10 --checkpoint-every 10 "$@" >"$work/train.log" 2>&1; }
train --steps 30 --out "$work/whole" || die "train: $(tail -3 "$work/train.log")"
for file in experiment.toml summary.json plain-20/seed-0/checkpoints/step-000030/{model,optimizer}.safetensors resnet-20/seed-0/checkpoints/step-000030/state.json; do
  [ -s "$work/whole/$file" ] || die "train wrote no $file"
done
[ -n "$(ls "$work/whole/figures/"*.svg 2>/dev/null)" ] || die "train wrote no figures"
ok "train writes a run folder with figures"
says "an existing folder is not overwritten" 'resume' "$BIN" train quick --only plain-20 --steps 30 --out "$work/whole"

train --steps 20 --out "$work/halves" || die "train --steps 20"
train --steps 30 --out "$work/halves" --resume || die "train --resume: $(tail -3 "$work/train.log")"
for run in plain-20 resnet-20; do
  cmp "$work"/{whole,halves}/$run/seed-0/checkpoints/step-000030/model.safetensors || die "$run resumed is another net"
done
ok "a resumed run ends in the same weights, bit for bit"

for folder in whole halves; do
  for run in plain-20 resnet-20; do
    "$PYTHON" tests/tensorboard/check.py "$work/$folder/$run/seed-0" >"$work/tensorboard.log" 2>&1 || die "tensorboard: $(tail -5 "$work/tensorboard.log")"
  done
done
ok "TensorBoard reads the event logs"

for figure in loss curves error gradients maps depth networks runs data; do
  for format in svg png csv; do
    "$BIN" export "$work/whole" --figure $figure --format $format --out "$work/$figure.$format" >/dev/null || die "export $figure as $format"
    [ -s "$work/$figure.$format" ] || die "export wrote no $figure.$format"
  done
done
ok "every figure in every format"

for experiment in quick faithful colour mnist vanishing transfer depth; do
  "$BIN" export $experiment --as pytorch >"$work/$experiment.py" || die "export $experiment --as pytorch"
  "$PYTHON" - "$work/$experiment.py" <<'E' || die "what is copied of $experiment as PyTorch"
import sys
text = open(sys.argv[1]).read()
compile(text, sys.argv[1], "exec")
said = {}
exec(text.partition("# <experiment>")[2].partition("# </experiment>")[0], said)
assert said["STEPS"] > 0 and said["SCHEDULE"]["rate"] > 0
assert all(spec["depth"] > 0 for spec in said["SPECS"].values()) and said["SPECS"]
E
done
ok "Python reads every experiment copied as PyTorch"
set +o pipefail
text=$("$BIN" lessons 2>&1 | head -1)
set -o pipefail
grep -q '^deeper' <<<"$text" || die "a list that is cut off: $text"
"$BIN" lessons >/dev/full 2>"$work/full.log" && die "a full disk goes unnoticed"
grep -q 'the disk is full' "$work/full.log" || die "a full disk: $(cat "$work/full.log")"
ok "output that is cut off, or cannot be written"

checkpoint=$work/whole/resnet-20/seed-0/checkpoints/step-000030/model.safetensors
"$PYTHON" - "$work" "$checkpoint" <<'E' || die "making a probe batch"
import sys
import numpy as np
from safetensors.numpy import save_file
work, _ = sys.argv[1:]
rng = np.random.default_rng(0)
save_file({"images": rng.normal(size=(4, 1, 8, 8)).astype("f4"), "labels": np.arange(4, dtype="i8")}, f"{work}/batch.safetensors")
E
"$BIN" probe resnet-20:width=8 --weights "$checkpoint" --batch "$work/batch.safetensors" --out "$work/probe.safetensors" --train >/dev/null || die "probe"
"$PYTHON" - "$work/probe.safetensors" <<'E' || die "the probe's file"
import sys
import numpy as np
from safetensors.numpy import load_file
probe = load_file(sys.argv[1])
assert probe["logits"].shape == (4, 10) and probe["loss"].shape == ()
z = probe["logits"] - probe["logits"].max(1, keepdims=True)
p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
assert abs(-np.log(p[np.arange(4), np.arange(4)]).mean() - probe["loss"]) < 1e-5
assert np.allclose(probe["activation_grad/logits"], (p - np.eye(10)[:4]) / 4, atol=1e-6)
assert probe["grad/conv1.weight"].shape == (8, 1, 3, 3) and probe["activation/layer2.0.downsample"].shape == (4, 16, 4, 4)
assert probe["buffer/bn1.running_mean"].shape == (8,)
E
ok "probe takes a net apart for Python"
head -c 100 "$checkpoint" >"$work/cut.safetensors"
says "cut weights" 'cut.safetensors' "$BIN" probe resnet-20:width=8 --weights "$work/cut.safetensors" --batch "$work/batch.safetensors" --out "$work/no"
says "weights of another net" 'conv1.weight|width|shape' "$BIN" probe resnet-20:width=16 --weights "$checkpoint" --batch "$work/batch.safetensors" --out "$work/no"
"$BIN" engines >"$work/engines.log" || die "engines"
grep -qi auto "$work/engines.log" || die "engines does not say what auto takes"
ok "engines says what auto takes"

# The window on the software adapter: it opens, a prediction by keyboard starts the training, and it is still alive.
display=:$((90 + RANDOM % 900))
Xvfb $display -screen 0 1280x800x24 >/dev/null 2>&1 &
server=$!
sleep 1
DISPLAY=$display XDG_RUNTIME_DIR=$work WAYLAND_DISPLAY='' "$BIN" >"$work/window.log" 2>&1 &
window=$!
trap 'kill $window $server 2>/dev/null' EXIT
frame() { DISPLAY=$display import -window root "$work/$1.png" && convert "$work/$1.png" -format '%k' info:; }
for _ in $(seq 60); do sleep 0.5; [ "$(frame opened)" -gt 50 ] && break; done
[ "$(frame opened)" -gt 50 ] || die "the window shows nothing: $(tail -3 "$work/window.log")"
DISPLAY=$display xdotool key 2
sleep 8
kill -0 $window 2>/dev/null || die "the window ended: $(tail -3 "$work/window.log")"
frame predicted >/dev/null
differing=$(compare -metric AE "$work/opened.png" "$work/predicted.png" null: 2>&1 | cut -d' ' -f1 || true)
[ "${differing%%.*}" -gt 500 ] || die "nothing moved after the prediction"
ok "the window trains after a prediction by keyboard"
kill $window $server 2>/dev/null

mkdir -p "$work/soak"
SECONDS_TO_SOAK=10 tests/soak.sh "$work/soak" || die "soak"
