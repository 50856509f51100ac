#!/usr/bin/env bash
# Writes requirements/*.lock from pyproject.toml: exact versions with hashes, for Linux and
# Python 3.11 or newer. The files name no index and no host, so any mirror serves them.
# Usage: make lock            (keeps what is locked where it still fits)
#        make lock UPGRADE=1  (takes the newest of everything)
set -euo pipefail
cd "$(dirname "$0")/.."

uv=${UV:-.venv/bin/uv}
out=requirements
everything=$(mktemp)
trap 'rm -f "$everything"' EXIT

compile() { # compile OUTPUT ARGUMENT...
    local output=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
        --output-file "$output" "$@"
}

# One resolution of everything first; each file is then held to it, so that any
# combination of them can be installed into one environment.
if [ -z "${UPGRADE:-}" ]; then
    cat "$out"/{runtime,build,dev,bench,docs,lock}.lock 2>/dev/null | grep -E '^[A-Za-z0-9]' |
        sed -E 's, *\\$,,; s,\[[^]]*\],,' | sort -u >"$everything" || true
    pins=(--constraint "$everything")
else
    pins=()
fi
whole=$(mktemp)
trap 'rm -f "$everything" "$whole"' EXIT
compile "$whole" "${pins[@]}" pyproject.toml --group build --group dev --group bench --group docs --group lock

mkdir -p "$out"
head='# Made by tools/lock.sh from pyproject.toml. Do not edit; run `make lock`.'
lock() { # lock NAME ARGUMENT...
    local name=$1
    shift
    local new
    new=$(mktemp)
    compile "$new" --constraint "$whole" "$@"
    { echo "$head"; cat "$new"; } >"$out/$name.lock"
    chmod 644 "$out/$name.lock"
    rm -f "$new"
}
lock runtime pyproject.toml
for group in build dev bench docs lock; do
    lock "$group" --group "$group"
done

# The sample flights of the demo: read as files, never imported, so without its dependencies.
echo 'traffic==2.13' | lock demo --no-deps -
