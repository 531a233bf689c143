#!/bin/sh
# Write requirements/*.txt anew from requirements/*.in. --upgrade takes the newest that they allow.
# Needs uv. For Python 3.11 and newer, on every platform at once.
set -eu
cd "$(dirname -- "$0")/../requirements"
uv=$(command -v uv || echo ../.venv/bin/uv)
for group in run paper cluster dev uv; do
    # In this order: the tools are chosen under what runs, so that both locks agree.
    "$uv" pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header \
        --no-annotate --no-emit-index-url "$@" "$group.in" --output-file "$group.txt"
    echo "requirements/$group.txt  $(grep -c '==' "$group.txt") packages"
done
