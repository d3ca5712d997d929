#!/usr/bin/env bash
# Everything a change has to pass, on a developer's machine and in CI alike. Ends with one line of counts.
#
# On Debian (as root or with sudo) it installs what the tests need: a software Vulkan driver for the window's snapshots
# and shaders, Xvfb for the window itself, and TensorBoard's Python package to read our event logs.
set -euo pipefail
cd "$(dirname "$0")"

step() { printf '\n== %s\n' "$*"; }
fail() { printf '\ncheck.sh: %s\n' "$*" >&2; exit 1; }

step "what the tests need"
need_packages() {
  local missing=()
  for package in mesa-vulkan-drivers xvfb xdotool imagemagick libxkbcommon-x11-0; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local sudo=""
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  $sudo apt-get update -q
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
}
if command -v dpkg-query >/dev/null; then need_packages; fi
command -v cargo >/dev/null || fail "cargo is missing: install Rust from https://rustup.rs"
command -v python3 >/dev/null || fail "python3 is missing: it reads the event logs back with TensorBoard's package"
venv=target/check-python
if ! "$venv/bin/python" -c 'import tensorboard, safetensors, numpy' 2>/dev/null; then
  rm -rf "$venv"
  python3 -m venv "$venv" && "$venv/bin/pip" install -q tensorboard safetensors numpy 'setuptools<81' ||
    fail "cannot install TensorBoard's Python package into $venv"
fi

step "format"
cargo fmt --check || fail "run cargo fmt"

step "clippy"
cargo clippy --locked --all-targets -- -D warnings

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

step "tests"
log=target/check-tests.log
cargo test --locked 2>&1 | tee "$log"

step "the program, end to end"
bin=target/debug/depthscope
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PYTHON="$PWD/$venv/bin/python" BIN="$bin" tests/end_to_end.sh "$work" | tee "$work/end_to_end.log"
mkdir "$work/window"
BIN="$bin" tests/real_window.sh "$work/window" | tee -a "$work/end_to_end.log"

count() { awk -v what="$1" '/^test result:/ { for (i = 2; i <= NF; i++) if ($i ~ "^" what) sum += $(i - 1) } END { print sum + 0 }' "$log"; }
passed=$(($(count passed) + $(grep -c '^ok ' "$work/end_to_end.log")))
failed=$(count failed)
[ "$(count ignored)" -eq 0 ] || fail "$(count ignored) tests were ignored; none may be"
[ "$passed" -gt 0 ] || fail "no test ran"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
