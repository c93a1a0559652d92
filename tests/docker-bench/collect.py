"""Prints everything the checks are judged by as one JSON object. Changes nothing.
Usage: python3 - [CONTAINER ...] < collect.py      all containers, unless some are named
"""
import json
import os
import pwd
import grp
import re
import shutil
import stat
import subprocess
import sys


def run(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True).stdout


def read(path):
    try:
        with open(path, encoding="utf8") as file:
            return file.read()
    except OSError:
        return ""


def status(pid):
    return dict(line.split(":\t", 1) for line in read(f"/proc/{pid}/status").splitlines() if ":\t" in line)


def process(pid):
    state = status(pid)
    # A process may have ended since it was listed.
    return None if "CapBnd" not in state else {
        "command": state["Name"],
        "uid": int(state["Uid"].split()[1]),
        "capBounding": state["CapBnd"],
        "noNewPrivileges": state["NoNewPrivs"] == "1",
        "seccomp": int(state["Seccomp"]),
    }


def processes(container):
    top = run("docker", "top", container["Id"], "-eo", "pid").split()[1:]
    found = [process(pid) for pid in sorted(map(int, top))]
    return [entry for entry in found if entry is not None]


def setuid(container):
    root = f"/proc/{container['State']['Pid']}/root/"
    return run("find", root, "-xdev", "-type", "f", "-perm", "/6000", "-printf", "/%P\\n").split()


def name(look, number):
    try:
        return look(number)[0]
    except KeyError:
        return str(number)


def file(path):
    found = os.stat(path)
    return {"owner": f"{name(pwd.getpwuid, found.st_uid)}:{name(grp.getgrgid, found.st_gid)}",
            "mode": format(stat.S_IMODE(found.st_mode), "o")}


def unit(which):
    return run("systemctl", "show", "-P", "FragmentPath", which, check=False).strip()


def settled_containers():
    """All containers; asked again where one came or went between the two questions."""
    for _ in range(5):
        ids = sys.argv[1:] or run("docker", "ps", "-aq", "--no-trunc").split()
        inspected = subprocess.run(["docker", "inspect", *ids], check=False, capture_output=True, text=True)
        if inspected.returncode == 0:
            return json.loads(inspected.stdout)
    raise SystemExit(f"collect: docker inspect failed five times: {inspected.stderr.strip()}")


daemon_pid = run("pgrep", "-o", "-x", "dockerd").strip()
arguments = read(f"/proc/{daemon_pid}/cmdline").split("\0")[1:-1]
settings = json.loads(read("/etc/docker/daemon.json") or "{}")
info = json.loads(run("docker", "info", "--format", "{{json .}}"))
containers = settled_containers()
running = [container for container in containers if container["State"]["Running"]]
images = json.loads(run("docker", "image", "inspect", *{container["Image"] for container in containers}))
units = {"service": unit("docker.service"), "socket": unit("docker.socket")}
programs = {key: shutil.which(program) or "" for key, program in {
    "containerd": "containerd", "shim": "containerd-shim", "shimV1": "containerd-shim-runc-v1",
    "shimV2": "containerd-shim-runc-v2", "runc": "runc"}.items()}
tls = [word.split("=", 1)[-1] for word in arguments if word.startswith("--tls") and "=/" in word]
tls += [settings[key] for key in ("tlscacert", "tlscert", "tlskey") if key in settings]
certificates = [os.path.join(folder, entry) for folder, _, entries in os.walk("/etc/docker/certs.d")
                for entry in entries]
paths = ["/var/run/docker.sock", "/run/containerd", "/run/containerd/containerd.sock", "/etc/docker",
         "/etc/docker/daemon.json", "/etc/default/docker", "/etc/sysconfig/docker", "/etc/containerd/config.toml",
         info["DockerRootDir"], os.readlink(f"/proc/{daemon_pid}/exe"), *units.values(), *programs.values(), *tls,
         *certificates]

print(json.dumps({
    "info": info,
    "daemon": {"uid": int(status(daemon_pid)["Uid"].split()[1]), "program": os.readlink(f"/proc/{daemon_pid}/exe"),
               "arguments": arguments, "settings": settings},
    "defaultBridgeOpen": json.loads(run("docker", "network", "inspect", "bridge"))[0]["Options"]
    .get("com.docker.network.bridge.enable_icc") != "false",
    "containers": containers,
    "processes": {container["Id"]: processes(container) for container in running},
    "setuid": {container["Id"]: setuid(container) for container in running},
    "images": {image["Id"]: {
        "Env": image["Config"].get("Env"),
        "Healthcheck": image["Config"].get("Healthcheck"),
        "history": run("docker", "history", "--no-trunc", "--format", "{{json .CreatedBy}}", image["Id"]).splitlines(),
    } for image in images},
    "files": {path: file(path) for path in paths if path and os.path.exists(path)},
    "units": units,
    "programs": programs,
    "listeners": [{"address": fields[3].rsplit(":", 1)[0], "port": int(fields[3].rsplit(":", 1)[1]),
                   "process": (re.findall(r'\(\("([^"]+)"', line) or [""])[0]}
                  for line in run("ss", "-Hltnp").splitlines() for fields in [line.split()]],
    "dockerGroup": next((group.gr_mem for group in grp.getgrall() if group.gr_name == "docker"), []),
    "dockerRootIsMountPoint": os.path.ismount(info["DockerRootDir"]),
    "auditRules": run("auditctl", "-l").splitlines() if shutil.which("auditctl") else [],
    "contentTrust": re.search(r"^\s*(export )?DOCKER_CONTENT_TRUST=\"?1", read("/etc/environment"), re.M) is not None,
}))
