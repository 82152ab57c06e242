#!/bin/sh
# Prepares the Python environment of the interoperability tests; run again, it does nothing.
# STRATA_PYTHON_ENV names its directory, PYTHON the interpreter to make it with (python3).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
environment=${STRATA_PYTHON_ENV:-"$HOME/.cache/tensorstrata/python"}
installed="$environment/installed-requirements.txt"

if [ -f "$installed" ] && cmp -s "$here/requirements.txt" "$installed"; then
  echo "$environment is ready"
  exit 0
fi

if ! "${PYTHON:-python3}" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))'; then
  echo "TensorFlow needs Python 3.10 to 3.13; name one, as in: PYTHON=python3.12 $0" >&2
  exit 1
fi

"${PYTHON:-python3}" -m venv "$environment"
"$environment/bin/python" -m pip install --disable-pip-version-check --requirement "$here/requirements.txt"
"$environment/bin/python" -c 'import tensorflow'
# Copied last, so that an installation that broke off is taken up again.
cp "$here/requirements.txt" "$installed"
echo "$environment is ready"
