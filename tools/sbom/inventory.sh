#!/usr/bin/env bash
# Prints what a host runs, one fact a line: a word that says which, then the fact. Reads only.
# Of containers and images no environment and no labels: nobody should have to wonder what is in them.
set -euo pipefail
sed 's/^/os /' /etc/os-release
echo "kernel $(uname -r)"
docker version --format 'engine {{.Server.Version}}'
dpkg-query --show --showformat 'package ${db:Status-Status} ${Package} ${Version} ${Architecture}\n'
# The reader of an SBOM that is being made at the same time is no part of it.
docker ps --all --quiet --no-trunc | while read -r id; do
  docker inspect --format 'container {{if not (index .Config.Labels "clawkeep.sbom")}}{"id":{{json .Id}},"name":{{json .Name}},"imageId":{{json .Image}},"reference":{{json .Config.Image}},"running":{{json .State.Running}}}{{end}}' "$id" || true
done
docker image ls --quiet --no-trunc | sort -u | while read -r id; do
  docker image inspect --format 'image {"id":{{json .Id}},"tags":{{json .RepoTags}},"digests":{{json .RepoDigests}},"architecture":{{json .Architecture}}}' "$id" || true
done
