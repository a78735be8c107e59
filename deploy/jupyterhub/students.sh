#!/bin/sh
# Make the environment of students' servers: sh students.sh FOLDER. On the hub's machine or in an image.
set -eu
folder=${1:?"give a folder, such as /opt/efficientai"}
here=$(cd "$(dirname "$0")" && pwd)
clone=$(cd "$here/../.." && pwd)
umask 022 # everybody reads it, nobody but its owner changes it

"${PYTHON:-python3}" -m venv "$folder"
case $(readlink -f "$folder/bin/python") in
  /root/*)
    echo "Nothing was installed: students cannot run what is below /root. Say PYTHON=/usr/bin/python3 before the command." >&2
    exit 1
    ;;
esac
"$folder/bin/python" -m pip install -q uv
# The small build of PyTorch for CPUs is enough. TORCH=auto takes the one for the machine's GPU, TORCH= the usual one.
backend=${TORCH-cpu}
"$folder/bin/python" -m uv pip install -q --python "$folder/bin/python" ${backend:+--torch-backend "$backend"} \
  --compile-bytecode -c "$clone/requirements.lock" -r "$here/requirements.txt" "$clone" || {
  echo "Nothing was installed. Where the CPU-only build of PyTorch cannot be had, say TORCH= before the command:"
  echo "that takes the ordinary build, which is 4 GB larger."
  exit 1
} >&2
rm -rf "$clone/build" "$folder/settings" # what setuptools leaves would be in the next installation too
cp -R "$here/student" "$folder/settings"
echo "Students' servers run from $folder."
