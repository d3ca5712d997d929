#!/usr/bin/env bash
# The window as its user meets it, under Xvfb: QUICK by keyboard, back in time, a shortcut cut, a figure exported, closed
# while it trains, and everything found again at the next start. Called by check.sh with the binary in $BIN and a scratch
# folder as its argument; prints "ok NAME" for each thing seen to be true and stops at the first that is not.
set -uo pipefail
work=$1
export HOME=$work/home XDG_DATA_HOME=$work/home/data XDG_RUNTIME_DIR=$work LC_ALL=C.UTF-8 LANGUAGE=en WAYLAND_DISPLAY=''
mkdir -p "$XDG_DATA_HOME"
export DISPLAY=:$((90 + RANDOM % 900))
Xvfb "$DISPLAY" -screen 0 1280x800x24 >/dev/null 2>&1 &
server=$!
window=''
trap 'kill $window $server 2>/dev/null' EXIT

ok() { echo "ok $*"; }
die() { echo "NOT OK $*: $(tail -3 "$work/window.log" 2>/dev/null)" >&2; frame failed; exit 1; }
frame() { import -window root "$work/$1.png"; }
key() { xdotool key --delay 40 "$@"; sleep 0.7; }
# until_true SECONDS COMMAND...: waits for the command to succeed.
until_true() { local end=$((SECONDS + $1)); shift; until "$@"; do [ $SECONDS -lt $end ] || return 1; sleep 0.2; done; }
drawn() { frame now && [ "$(convert "$work/now.png" -format '%k' info:)" -gt 50 ]; }
differ() { [ "$(compare -metric AE "$work/$1.png" "$work/$2.png" null: 2>&1 | cut -d. -f1 | cut -d' ' -f1)" -gt "${3:-300}" ]; }
until_true 20 xdotool getdisplaygeometry >/dev/null 2>&1 || die "no X server"

open_window() {
  "$BIN" >>"$work/window.log" 2>&1 &
  window=$!
  until_true 30 drawn || die "the window shows nothing"
}
# The window is asked to close, and may take its time to save.
close_window() {
  key ctrl+q
  closed
}
closed() {
  until_true 15 bash -c "! kill -0 $window 2>/dev/null" || die "the window does not close"
}
runs() { ls -d "$XDG_DATA_HOME"/depthscope/runs/*/ 2>/dev/null; }
kept() { compgen -G "$XDG_DATA_HOME/depthscope/runs/*/$1/seed-0/keeps/*$2*" >/dev/null; }
figure() { cat "$XDG_DATA_HOME"/depthscope/runs/*/figures/"$1".csv 2>/dev/null; }
steps_of() { stat -c %s "$XDG_DATA_HOME"/depthscope/runs/*/"$1"/seed-0/events.* 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }'; }
spent() { awk '{ print $14 + $15 }' "/proc/$window/stat"; }
# Less than 1 % of a core over five seconds, which are 500 ticks of the clock.
idle() { local before; before=$(spent); sleep 5; [ $(($(spent) - before)) -lt 5 ]; }
grown() { [ "$(steps_of "$1")" -gt "$2" ]; }

open_window
key 2
until_true 40 kept plain-56 step-0001 || die "plain-56 does not train after a prediction by keyboard"
key x
until_true 30 kept resnet-56 step-00001 || die "the residual twin does not train after x"
ok "QUICK runs by keyboard, with the twin"

key l
sleep 1
key space
key 3
key e
until_true 10 figure gradients >/dev/null || die "no figure of the slope"
figure gradients >"$work/live.csv"
key 8
frame live
key comma
key comma
sleep 0.5
frame past
differ live past || die "nothing moved when the timeline went back"
key 3
key e
past() { figure gradients >"$work/past.csv" && ! cmp -s "$work/live.csv" "$work/past.csv"; }
until_true 10 past || die "the figure of an earlier moment is that of now"
ok "going back in time shows and exports an earlier moment"

key End
key 6
key f
# The nets' names stand at the left above the tower; the third is the residual twin.
frame plain
xdotool mousemove 216 108 sleep 0.5 click 1
chosen() { frame residual && differ plain residual 5000; }
until_true 10 chosen || die "the residual twin is not chosen by a click on its name"
key Right
frame whole
key c
answered() { frame cut && differ whole cut 1500; }
until_true 10 answered || die "no outcome stands above the block whose shortcut was cut"
key e
pictured() { grep -q "<text" "$XDG_DATA_HOME"/depthscope/runs/*/figures/architecture.svg 2>/dev/null; }
until_true 10 pictured || die "the architecture was not exported"
ok "a shortcut is cut, its cost measured and exported"

key f
key g
key space
sleep 1
close_window
app=$(ls "$XDG_DATA_HOME"/depthscope/app.ron) || die "nothing was stored"
grep -q Chinese "$app" || die "the language was not stored"
# The timeline is in no layout that a first start has.
grep -q Timeline "$app" || die "the layout was not stored"
[ "$(runs | wc -l)" -eq 1 ] || die "there are $(runs | wc -l) run folders"
[ -s "$(runs)summary.json" ] || die "closing while training wrote no summary"
before=$(steps_of resnet-56)
ok "closing while training asks nothing and stores everything"

open_window
sleep 2
frame again
[ "$(runs | wc -l)" -eq 1 ] || die "the next start did not find the run"
pictured || die "the figures are gone"
grep -q lesions "$(runs)findings.toml" || die "what the cut cost was not kept"
until_true 20 idle || die "a window in which nothing happens takes more than 1 % of a core"
ok "a window in which nothing happens costs nothing"
# An engine that is slow enough to be ended in the middle of a training.
key ctrl+k
sleep 2
xdotool type --delay 40 candle
sleep 1
key Return
sleep 3
before=$(steps_of resnet-56)
key space
until_true 60 grown resnet-56 "$before" || die "nothing trains on another engine"
touch "$work/asked"
kill -TERM "$window"
closed
saved() { find "$XDG_DATA_HOME/depthscope/runs" -path '*checkpoints*' -name state.json -newer "$work/asked" | grep -q resnet-56; }
saved || die "a window that the system ends saves nothing"
ok "a window that the system ends saves what was trained"
grep -q Chinese "$app" && grep -q Timeline "$app" || die "language or layout were not taken up again"
ok "the next start finds run, figures, layout and language, and goes on"
