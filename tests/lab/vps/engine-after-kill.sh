#!/usr/bin/env bash
# engine-after-kill.sh UP DIR: starts an engine with UP in namespaces and folders of its own, kills it in the ways a
# machine that lost all processes shows, and starts it again each time. Prints one line per case.
# To be run below `unshare --mount --net --pid --fork --mount-proc`, away from the engine of the machine.
set -euo pipefail

up=$1
dir=$2

mount --make-rprivate /
mkdir -p "$dir/engine"
mount -t tmpfs none /run
mkdir -p /run/lock
mount --bind "$dir/engine" /var/lib/docker
ip link set lo up
export CLAWKEEP_LAB=$dir

kill_all() {
  local pids
  pids=$(ps -eo pid=,comm= | awk '$2 ~ /^(dockerd|containerd)/ { print $1 }')
  # shellcheck disable=SC2086 # one argument per process
  kill -9 $pids
  sleep 0.3
}

check() {
  "$up" 2>>"$dir/up.log"
  echo "$1: $(docker ps -a --format '{{.Names}}' | sort | xargs)"
}

check first
tar -C "$dir" -c --files-from /dev/null | docker import - nothing:1 >/dev/null
docker create --name clawkeep-half --label clawkeep.lab=1 nothing:1 /none >/dev/null
docker create --name other nothing:1 /none >/dev/null
check running
kill_all
check 'stale pid files'
kill_all
# The numbers in the pid files now belong to somebody else.
echo $$ >/run/docker.pid
echo $$ >/run/docker/containerd/containerd.pid
check 'reused pid numbers'
kill -9 "$(</run/docker.pid)"
check 'containerd alone alive'
kill_all
mkdir -p /run/containerd
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/run/containerd/containerd.sock")'
check 'dead system containerd'
kill "$(</run/docker.pid)"
