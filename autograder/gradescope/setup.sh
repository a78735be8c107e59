#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image: a Python of its own with the pinned
# packages in it. uv finds the CPU-only build of torch; the ordinary one is 4 GB larger.
set -euo pipefail
source=${AUTOGRADER_ROOT:-/autograder}/source
home=${AUTOGRADER_HOME:-/opt/efficientai}
export UV_PYTHON_INSTALL_DIR=$home/python # a student's code runs as a user who cannot read /root
export UV_CACHE_DIR=${UV_CACHE_DIR:-$home/cache}

if ! python3 -c 'import ensurepip' 2>/dev/null; then
  apt-get update -q
  apt-get install -q -y --no-install-recommends python3-venv
fi
python3 -m venv "$home/uv"
"$home/uv/bin/python" -m pip install -q uv==0.13.8
uv() { "$home/uv/bin/uv" "$@"; }

uv venv -q --python 3.11 "$home/venv"
install() {
  uv pip install -q --compile-bytecode --python "$home/venv/bin/python" "$@" \
    -r "$source/requirements.txt" -c "$source/constraints.txt"
}
install --torch-backend cpu || {
  echo "No CPU-only build of torch could be had; the ordinary one works too and is larger."
  install
}

rm -rf "$home/uv" "$home/cache"
chmod -R a+rX "$home"
chmod -R go-rwx "$source"
"$home/venv/bin/python" -c 'import otter, torch; print("ready, torch", torch.__version__)'
