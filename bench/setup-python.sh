#!/bin/sh
# Prepares the Python that `npm run bench` compares with: TensorFlow and Keras as interop/setup.sh installs them, and
# PyTorch in the same environment. Run again, it does nothing. On Linux the usual build of PyTorch brings CUDA along,
# about 3 GB; with PIP_EXTRA_INDEX_URL set to PyTorch's own index of builds for processors, pip takes one of those.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
environment=${STRATA_PYTHON_ENV:-"$HOME/.cache/tensorstrata/python"}
installed="$environment/installed-bench-requirements.txt"

"$here/../interop/setup.sh"
if [ -f "$installed" ] && cmp -s "$here/requirements.txt" "$installed"; then
  echo "PyTorch is there too"
  exit 0
fi
"$environment/bin/python" -m pip install --disable-pip-version-check --requirement "$here/requirements.txt"
"$environment/bin/python" -c 'import torch'
# Copied last, so that an installation that broke off is taken up again.
cp "$here/requirements.txt" "$installed"
echo "PyTorch is installed too"
