#!/usr/bin/env bash
# Prints the images that this host runs, one a line: id and name. Reads only, and nothing of environments and labels.
set -euo pipefail
# A container may end between the two questions.
docker ps --all --quiet --no-trunc | while read -r id; do
  docker inspect --format '{{.Image}} {{.Config.Image}}' "$id" 2>/dev/null || true
done
# Sandboxes come and go; their image is part of what runs there all the same.
docker image ls --no-trunc --filter reference='clawkeep/sandbox' --format '{{.ID}} {{.Repository}}:{{.Tag}}'
