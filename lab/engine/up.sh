#!/usr/bin/env bash
# Brings up the Docker engine that carries the lab, with or without systemd. Safe to repeat; an engine that answers is
# left alone. After everything was killed hard it clears what the dead left behind and starts again.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab=${CLAWKEEP_LAB:-$(cd "$here/../.." && pwd)/.lab}
log=$lab/logs/dockerd.log
wait_seconds=60

say() { printf 'engine: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

answers() { timeout 5 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

install_packages() {
  local missing=() name
  while read -r name; do
    [[ $name == '' || $name == '#'* ]] && continue
    dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done <"$here/packages.txt"
  # Another vendor's engine or client is as good as Debian's.
  command -v dockerd >/dev/null || missing+=(docker.io)
  ((${#missing[@]} == 0)) && command -v docker >/dev/null && return 0
  [[ $(id -u) == 0 ]] || die "run as root: packages are missing: ${missing[*]}"
  say "installing ${missing[*]:-docker-cli}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  ((${#missing[@]} == 0)) || apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  # From Debian 13 on the client is a package of its own.
  command -v docker >/dev/null || apt-get install -y -qq --no-install-recommends docker-cli >/dev/null
}

# A pid file is stale when its process is gone or the number now belongs to another program.
drop_stale_pid() {
  local file=$1 program=$2 pid
  [[ -s $file ]] || { rm -f "$file"; return 0; }
  pid=$(<"$file")
  [[ $(cat "/proc/$pid/comm" 2>/dev/null || true) == "$program" ]] || rm -f "$file"
}

# dockerd prefers a system-wide containerd whenever its socket file exists, also when nobody listens on it.
drop_dead_socket() {
  local socket=$1
  [[ -S $socket ]] || return 0
  python3 - "$socket" <<'PY' || rm -f "$socket"
import socket, sys
socket.socket(socket.AF_UNIX).connect(sys.argv[1])
PY
}

start_engine() {
  mkdir -p "$(dirname "$log")"
  if [[ -d /run/systemd/system ]]; then
    say 'starting docker.service'
    systemctl start docker
    return 0
  fi
  drop_stale_pid /var/run/docker.pid dockerd
  drop_stale_pid /var/run/docker/containerd/containerd.pid containerd
  drop_dead_socket /run/containerd/containerd.sock
  if [[ -s /var/run/docker.pid ]]; then
    say "dockerd runs (pid $(</var/run/docker.pid)) and does not answer yet"
    return 0
  fi
  say "starting dockerd, log in $log"
  setsid nohup dockerd >>"$log" 2>&1 </dev/null &
}

wait_for_engine() {
  local deadline=$((SECONDS + wait_seconds))
  until answers; do
    ((SECONDS < deadline)) || {
      tail -n 20 "$log" >&2 || true
      die "no answer from dockerd within $wait_seconds s. Look at $log, end the dockerd that hangs, run this again."
    }
    sleep 0.3
  done
}

# Containers that died between being made and being started cannot be started any more.
remove_half_made() {
  local id
  docker ps -aq --filter label=clawkeep.lab=1 --filter status=created --filter status=dead --filter status=removing |
    while read -r id; do
      say "removing the half-made container $id"
      docker rm -f -v "$id" >/dev/null || true
    done
}

# A container that ran systemd on the machine's own cgroup tree may have left the tree's top read-only.
restore_cgroups() {
  if [[ $(stat -f -c %T /sys/fs/cgroup) == tmpfs ]] && findmnt -no OPTIONS /sys/fs/cgroup | grep -qE '(^|,)ro(,|$)'; then
    mount -o remount,rw /sys/fs/cgroup
  fi
}

install_packages
if ! answers; then
  start_engine
  wait_for_engine
  remove_half_made
fi
restore_cgroups
