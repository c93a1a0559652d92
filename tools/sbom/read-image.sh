#!/usr/bin/env bash
# Prints what packages an image on this host holds. Usage: read-image container|image ID READER_IMAGE < reader.js
# Exports a container's file system as it is: what is mounted into it (state, secrets) is not part of that. An image that
# no container uses gets one for that time, which is never started.
# The tar goes through the reader in a container with no network, no capability, no file to write and nobody's uid: what
# is in an image is its publisher's, and could be made to trip whoever reads it.
set -euo pipefail
kind=$1 id=$2 reader=$3
code=$(cat)
if [[ $kind == image ]]; then
  id=$(docker create --network none --label clawkeep.sbom=1 "$id" true)
  trap 'docker rm --force "$id" >/dev/null' EXIT
fi
docker export "$id" |
  docker run --rm --interactive --label clawkeep.sbom=1 --log-driver none \
    --network none --read-only --cap-drop ALL --security-opt no-new-privileges --user 65534:65534 \
    --memory 256m --memory-swap 256m --pids-limit 64 --cpus 1 --entrypoint node "$reader" -e "$code"
