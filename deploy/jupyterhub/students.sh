#!/bin/sh
# Make the environment of students' servers: sh students.sh FOLDER. On the hub's machine or in an image.
set -eu
folder=${1:?"give a folder, such as /opt/efficientai"}
here=$(cd "$(dirname "$0")" && pwd)
clone=$(cd "$here/../.." && pwd)
umask 022 # everybody reads it, nobody but its owner changes it

"${PYTHON:-python3}" -m venv "$folder"
"$folder/bin/python" -m pip install -q uv
# TORCH=auto chooses PyTorch for the machine's GPU; without one, the small build for CPUs is enough.
"$folder/bin/python" -m uv pip install -q --python "$folder/bin/python" --torch-backend "${TORCH:-cpu}" \
  --compile-bytecode -c "$clone/requirements.lock" -r "$here/requirements.txt" "$clone"
rm -rf "$folder/settings"
cp -R "$here/student" "$folder/settings"
echo "Students' servers run from $folder."
