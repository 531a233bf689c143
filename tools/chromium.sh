#!/bin/sh
# Pages are tested in a real browser. Where there is none and this user may install Debian's, do so.
# Elsewhere it says what to install; `make test` then leaves those tests out, saying the same.
set -eu
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then
        echo "browser  $(command -v "$name")"
        exit 0
    fi
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "browser  none; for the tests of pages: apt install chromium" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends chromium
