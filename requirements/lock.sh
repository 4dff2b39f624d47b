#!/bin/sh
# Resolves the lock files again: hashes for every platform, no index address. Usage: lock.sh path/to/uv [--upgrade]
set -eu
uv=$1
shift
cd "$(dirname "$0")/.."
options="--universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 --quiet"
echo 'uv>=0.9' | "$uv" pip compile $options "$@" - -o requirements/bootstrap.lock
"$uv" pip compile $options "$@" pyproject.toml --extra dev -o requirements/requirements.lock
"$uv" pip compile $options "$@" pyproject.toml --extra dev --extra spark \
  --constraint requirements/requirements.lock -o requirements/spark.lock
"$uv" pip compile $options "$@" pyproject.toml --extra dev --extra postgres \
  --constraint requirements/requirements.lock -o requirements/postgres.lock
# deepeval asks for older versions of rich and click than ours; the suites run with ours, so that installing them
# changes nothing that is there.
"$uv" pip compile $options "$@" pyproject.toml --extra dev --extra evals \
  --overrides requirements/requirements.lock -o requirements/evals.lock
