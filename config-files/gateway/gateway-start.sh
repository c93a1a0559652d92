#!/bin/sh
# Starts the gateway with its state closed to every other uid.
# Usage: gateway-start.sh COMMAND [ARGUMENT...], with OPENCLAW_STATE_DIR in the environment
# The group keeps its right to pass and read: the filter of the Docker API looks at the sandboxes' workspaces with it.
set -eu
umask 0027
chmod 0700 "$OPENCLAW_STATE_DIR"
mkdir -p "$OPENCLAW_STATE_DIR/logs"
# Made here, because the release line 2026.2 appends with whatever mode the umask gives.
log=$OPENCLAW_STATE_DIR/logs/openclaw.log
[ -e "$log" ] || (umask 0077 && : >"$log")
chmod 0600 "$log"
if command -v tini >/dev/null; then exec tini -s -- "$@"; fi
exec "$@"
