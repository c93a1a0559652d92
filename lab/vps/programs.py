"""programs.py CONTAINER FILE: writes down every program that is started on a stand-in, one JSON object a line.

Runs on the outer machine until it is ended. The kernel asks it (fanotify, FAN_OPEN_EXEC_PERM on the server's root file
system) before each program starts, so that also one that lives for a millisecond is seen with its place in the tree of
processes, and what is started in the server's own containers is not: they have file systems of their own. A server that
is made or started later is followed from then on. `unit` is the server's systemd unit, `above` the names of the processes
above, the nearest first. Each line is written once.
"""
import ctypes
import json
import os
import select
import signal
import struct
import subprocess
import sys

CLASS_CONTENT, UNLIMITED_QUEUE, CLOEXEC = 0x4, 0x10, 0x1
OPEN_EXEC_PERM = 0x40000
MARK_ADD, MARK_FILESYSTEM = 0x1, 0x100
ALLOW = 1
AT_FDCWD = -100
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    result = getattr(libc, name)(*args)
    if result < 0:
        raise SystemExit(f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def follow(group, container):
    """Its root file system is mounted anew at each start."""
    question = ["docker", "container", "inspect", "--format", "{{.State.Pid}}", container]
    pid = subprocess.run(question, check=False, capture_output=True, text=True).stdout.strip()
    if pid not in ("", "0"):
        root = f"/proc/{pid}/root/".encode()
        call("fanotify_mark", group, MARK_ADD | MARK_FILESYSTEM, ctypes.c_uint64(OPEN_EXEC_PERM), AT_FDCWD, root)


def end_with_parent():
    call("prctl", PR_SET_PDEATHSIG, signal.SIGTERM)


def starts(container):
    chosen = [f"container={container}", "event=start"]
    filters = [word for each in chosen for word in ("--filter", each)]
    command = ["docker", "events", "--format", "started", *filters]
    return subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=end_with_parent)


def status(pid):
    with open(f"/proc/{pid}/status") as file:
        fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    return fields["Name"], int(fields["PPid"])


def above(pid):
    names = []
    try:
        _, pid = status(pid)
        while pid > 0 and len(names) < 30:
            name, pid = status(pid)
            names.append(name)
    except OSError:
        pass
    return names


def unit(pid):
    """The last unit in the path of its systemd cgroup, on either version of cgroups."""
    with open(f"/proc/{pid}/cgroup") as file:
        paths = {line.split(":", 2)[1]: line.rstrip("\n").split(":", 2)[2] for line in file}
    path = paths.get("name=systemd", paths.get("", ""))
    return next((part for part in reversed(path.split("/")) if "." in part), "")


def main(container, file):
    end_with_parent()
    group = call("fanotify_init", CLASS_CONTENT | UNLIMITED_QUEUE | CLOEXEC, os.O_RDONLY | os.O_CLOEXEC)
    started = starts(container).stdout.fileno()
    follow(group, container)
    seen = set()
    event = struct.Struct("=IBBHQii")
    with open(file, "a") as out:
        while True:
            ready, _, _ = select.select([group, started], [], [])
            if started in ready:
                if not os.read(started, 4096):
                    raise SystemExit("the engine has gone")
                follow(group, container)
            if group not in ready:
                continue
            data, at = os.read(group, 65536), 0
            while at < len(data):
                length, _, _, _, _, opened, pid = event.unpack_from(data, at)
                at += length
                try:
                    path = os.readlink(f"/proc/self/fd/{opened}")
                    line = json.dumps({"program": path, "unit": unit(pid), "above": above(pid)})
                except OSError:
                    line = None
                os.write(group, struct.pack("=iI", opened, ALLOW))
                os.close(opened)
                if line is not None and line not in seen:
                    seen.add(line)
                    print(line, file=out, flush=True)


main(*sys.argv[1:])
