#!/bin/sh
# Starts three log servers, three nodes and a proxy on this machine, and says which URL to open. Ctrl-C stops all of it.
set -eu
cd "$(dirname "$0")/.."
command -v bun >/dev/null || { echo "bun is missing: npm install --global bun@1.4.5 --allow-scripts=bun"; exit 1; }
[ -d node_modules ] || bun install --frozen-lockfile
if [ -z "${NATS_SERVER:-}" ] && ! command -v nats-server >/dev/null; then
  NATS_SERVER=$PWD/data/nats/root/usr/sbin/nats-server
  [ -x "$NATS_SERVER" ] || sh scripts/get-nats.sh "$PWD/data/nats" || {
    echo "nats-server 2.12 or later is missing: install it (https://docs.nats.io) and start this again, or set NATS_SERVER"
    exit 1
  }
  export NATS_SERVER
fi
exec bun run scripts/cluster.ts "$@"
