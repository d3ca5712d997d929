#!/usr/bin/env bash
# Trains ResNet-56 on digits (width 8, batch 32) on a graphics adapter in the window under Xvfb while the window is hidden,
# shown, resized and moved out of sight, for $SECONDS_TO_SOAK (default 120), then closes it. Steps must advance throughout,
# frames must come whenever the window can be seen, and the program must end by itself.
#   BIN=target/debug/depthscope ADAPTER=llvmpipe tests/soak.sh SCRATCH_FOLDER
# Needs (Debian): xvfb xdotool imagemagick mesa-vulkan-drivers libxkbcommon-x11-0, and python3
set -uo pipefail
work=$1
bin=${BIN:-target/debug/depthscope}
adapter=${ADAPTER:-llvmpipe}
seconds=${SECONDS_TO_SOAK:-120}

die() { echo "NOT OK soak: $*" >&2; tail -5 "$work/window.log" >&2; exit 1; }

export HOME=$work/home XDG_DATA_HOME=$work/home/data XDG_RUNTIME_DIR=$work
unset WAYLAND_DISPLAY WAYLAND_SOCKET
storage=$XDG_DATA_HOME/depthscope
mkdir -p "$storage"
cat >"$storage/app.ron" <<RON
{"depthscope": "(room: Lab, engine: \"gpu:$adapter\", experiment: Some((name: \"soak\", steps: 1000000, batch: 32, probe_every: 1, data: (source: \"digits\"), runs: [(name: \"resnet-56\", net: \"resnet-56:width=8\")])))"}
RON

display=:$((90 + RANDOM % 900))
Xvfb $display -screen 0 1600x1000x24 >/dev/null 2>&1 &
server=$!
export DISPLAY=$display
sleep 1
"$bin" >"$work/window.log" 2>&1 &
program=$!
trap 'kill $program $server 2>/dev/null' EXIT

# Bytes of the event logs, which grow with every step.
steps() { find "$storage/runs" -name '*tfevents*' -printf '%s\n' 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }'; }
alive() { kill -0 $program 2>/dev/null || die "the program ended"; }
# more: waits up to 30 s until more steps are logged.
more() {
  local before; before=$(steps)
  for _ in $(seq 60); do sleep 0.5; alive; [ "$(steps)" -gt "$before" ] && return; done
  return 1
}
grows() { more || die "no step in 30 s while the window was $1"; }
# draws WHAT: waits until the picture has changed.
draws() {
  import -window root "$work/before.png"
  for _ in $(seq 60); do
    sleep 0.5; alive
    import -window root "$work/after.png"
    cmp -s "$work/before.png" "$work/after.png" || { drawn=$((drawn + 1)); return 0; }
  done
  die "no new frame in 30 s after the window was $1"
}

for _ in $(seq 120); do
  sleep 0.5; alive
  window=$(xdotool search --onlyvisible --name '^depthscope' 2>/dev/null | tail -1) && [ -n "$window" ] && break
done
[ -n "${window:-}" ] || die "no window opened"
for _ in $(seq 120); do sleep 0.5; alive; [ "$(import -window root -format %k info:)" -gt 50 ] && break; done
# A key that comes before the window has the keyboard is lost.
for _ in 1 2 3 4; do xdotool key space; more && break; done
grows "new"

end=$((SECONDS + seconds))
rounds=0 drawn=0
while [ $SECONDS -lt $end ] || [ $rounds -eq 0 ]; do
  xdotool windowunmap "$window"; grows "hidden"
  xdotool windowmap "$window"; draws "hidden"
  xdotool windowsize "$window" 1040 660; draws "made small"; grows "made small"
  xdotool windowsize "$window" 1590 980; draws "made large"; grows "made large"
  xdotool windowmove "$window" 1598 998; grows "out of sight"
  xdotool windowmove "$window" 0 0; draws "out of sight"
  rounds=$((rounds + 1))
done

# Asks it to close as a window manager does.
python3 - "$window" <<'PY' || die "the window cannot be closed"
import ctypes, sys
x = ctypes.CDLL("libX11.so.6")
x.XOpenDisplay.restype = ctypes.c_void_p
x.XInternAtom.restype = ctypes.c_ulong
display = ctypes.c_void_p(x.XOpenDisplay(None))
atom = lambda name: x.XInternAtom(display, name, 0)
class Message(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("sent", ctypes.c_int), ("display", ctypes.c_void_p),
                ("window", ctypes.c_ulong), ("kind", ctypes.c_ulong), ("format", ctypes.c_int), ("data", ctypes.c_long * 5),
                ("rest", ctypes.c_long * 24)]
CLIENT_MESSAGE = 33
window = int(sys.argv[1])
data = (ctypes.c_long * 5)(atom(b"WM_DELETE_WINDOW"), 0)
message = Message(CLIENT_MESSAGE, 0, 1, display, window, atom(b"WM_PROTOCOLS"), 32, data)
x.XSendEvent(display, ctypes.c_ulong(window), 0, 0, ctypes.byref(message)) or sys.exit(1)
x.XSync(display, 0)
PY
for _ in $(seq 120); do sleep 0.5; kill -0 $program 2>/dev/null || break; done
kill -0 $program 2>/dev/null && die "the program did not end within 60 s after its window was closed"
grep -q panicked "$work/window.log" && die "it panicked"
trained=$(find "$storage/runs" -type d -name "step-*" | sed "s/.*step-//" | sort -n | tail -1)
echo "ok soak: $rounds rounds of hiding and resizing while ResNet-56 trained $((10#${trained:-0})) steps on $adapter; new frames came $drawn times of $((4 * rounds))"
