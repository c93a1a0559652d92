"""What may stand in a host's daemon.json beside our own settings, and what may not; nothing here asks or changes the host.

Usage: from daemon_json import merge
"""
import ipaddress
import json
from collections.abc import Sequence
from typing import Any

FILE = "/etc/docker/daemon.json"
# Gateway of every server at Hetzner, on no network of the server's own.
HETZNER_GATEWAY = "172.31.1.1/32"
READABLE_LOGS = ("json-file", "local", "journald")
OPEN_FILES = (1024, 1048576)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks_of(texts: Sequence[str]) -> list[Network]:
    return [ipaddress.ip_network(text, strict=False) for text in texts]


def clash(text: str, taken: Sequence[Network]) -> str | None:
    """The network in `taken` that shares an address with this one, or None. Neither is of our family: no clash."""
    mine = ipaddress.ip_network(text, strict=False)
    return next((str(other) for other in taken if other.version == mine.version and other.overlaps(mine)), None)


# What is refused, with the value that may be there. Each of these switches off what a promise rests on.
MUST_BE = {
    "live-restore": (True, "containers would end with every restart of the daemon"),
    "iptables": (True, "the daemon would neither translate addresses nor publish a port"),
    "ip-forward": (True, "no container would reach another host"),
    "seccomp-profile": ("builtin", "containers would run with another filter of system calls"),
    "userns-remap": ("", "files on the host belong to the ids that containers have inside"),
    "default-runtime": ("runc", "another program would start the containers"),
    "default-cgroupns-mode": ("private", "containers would see the control groups of the host"),
    "ip-masq": (True, "no container would reach the internet"),
    "ip": ("0.0.0.0", "the assistant would be published at that address alone"),
}


# What stands for each in Python, and in words.
OBJECT, LIST, TEXT = (dict, "an object"), (list, "a list"), (str, "a text")
SHAPES = {
    "log-opts": OBJECT, "default-ulimits": OBJECT, "default-address-pools": LIST, "log-driver": TEXT, "bip": TEXT, "fixed-cidr": TEXT,
    "hosts": LIST,
}


def without_nulls(theirs: dict[str, Any]) -> dict[str, Any]:
    """To the daemon a setting of null is none, and so is a list of no address pools."""
    return {key: value for key, value in theirs.items() if value is not None and (key, value) != ("default-address-pools", [])}


def misshapen(theirs: dict[str, Any]) -> list[str]:
    """What cannot be read any further, as the daemon could not either."""
    found = [f"{key} is {json.dumps(theirs[key])}, not {words}"
             for key, (kind, words) in SHAPES.items() if not isinstance(theirs.get(key, kind()), kind)]
    if found:
        return found
    for name, limit in theirs.get("default-ulimits", {}).items():
        if not isinstance(limit, dict) or any(isinstance(limit.get(key, 0), bool) or not isinstance(limit.get(key, 0), int) for key in ("Soft", "Hard")):
            found.append(f"default-ulimits.{name} is {json.dumps(limit)}, not an object with the numbers Soft and Hard")
    for name, value in theirs.get("log-opts", {}).items():
        if not isinstance(value, str):
            found.append(f"log-opts.{name} is {json.dumps(value)}, not a text")
    networks = [(key, theirs[key]) for key in ("bip", "fixed-cidr") if theirs.get(key)]
    networks += [("a base of default-address-pools", pool.get("base") if isinstance(pool, dict) else pool)
                 for pool in theirs.get("default-address-pools", [])]
    for key, text in networks:
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError as error:
            found.append(f"{key} is {json.dumps(text)}, not a network: {error}")
    return found


def merge(
    theirs: dict[str, Any], wanted: dict[str, Any], taken: Sequence[Network]
) -> tuple[dict[str, Any], list[str]]:
    """@returns daemon.json to be, and what in `theirs` forbids that"""
    theirs = without_nulls(theirs)
    problems = misshapen(theirs)
    if problems:
        return {**wanted, **theirs}, problems
    for key, (value, reason) in MUST_BE.items():
        if theirs.get(key, value) != value:
            problems.append(f"{key} is {json.dumps(theirs[key])}: take it out; with it {reason}")
    if theirs.get("bridge") == "none":
        problems.append('bridge is "none": take it out; images are built on the default bridge')
    for key in ("bip", "fixed-cidr"):
        other = clash(theirs[key], taken) if theirs.get(key) else None
        if other:
            problems.append(f"{key} {theirs[key]} shares addresses with {other}: take another network")
    for pool in theirs.get("default-address-pools", []):
        other = clash(pool["base"], taken)
        if other:
            problems.append(f"the address pool {pool['base']} shares addresses with {other}: take another, or clawkeep:networks elsewhere")
    driver = theirs.get("log-driver", wanted["log-driver"])
    logs = dict(theirs.get("log-opts", {}))
    if driver not in READABLE_LOGS:
        problems.append(f"log-driver {driver} cannot be read back by `docker logs`: take one of {', '.join(READABLE_LOGS)}")
    elif driver == wanted["log-driver"]:
        if logs.get("max-size", "1m").startswith("-"):
            problems.append("log-opts.max-size sets no limit: a log could fill the disk")
        if set(logs) - set(wanted["log-opts"]):
            # The daemon gives them to each container with the same driver, so to ours, and the provider takes them for a change.
            problems.append(f"log-opts has {', '.join(sorted(set(logs) - set(wanted['log-opts'])))}: take it out; every `pulumi up` would want to replace every container")
        logs = {**wanted["log-opts"], **logs}
    limits = dict(theirs.get("default-ulimits", {}))
    open_files = limits.get("nofile", wanted["default-ulimits"]["nofile"])
    if not OPEN_FILES[0] <= open_files.get("Soft", 0) <= open_files.get("Hard", 0) <= OPEN_FILES[1]:
        problems.append(f"default-ulimits.nofile is {json.dumps(open_files)}: Soft and Hard have to be {OPEN_FILES[0]} to {OPEN_FILES[1]}")
    if set(limits) - {"nofile"}:
        # The provider reads them back from each container and takes them for a change of ours.
        problems.append(f"default-ulimits has {', '.join(sorted(set(limits) - {'nofile'}))}: take it out; every refresh of the stack would want new containers")
    merged = {**wanted, **theirs, "log-driver": driver, "default-ulimits": {"nofile": open_files}}
    if logs:
        merged["log-opts"] = logs
    else:
        merged.pop("log-opts", None)
    return merged, problems


def without_systemd(exec_start: str, hosts: Sequence[str]) -> str | None:
    """Why a daemon that is started so would not answer on the filters' socket, or None.

    @param exec_start what systemd says of its ExecStart
    @param hosts of daemon.json
    """
    # A variable may hold it.
    if "fd://" in exec_start or "$" in exec_start or "fd://" in hosts or "argv[]=" not in exec_start:
        return None
    words = exec_start.split("argv[]=", 1)[1].split(" ; ", 1)[0]
    return (f"docker.service starts `{words}`, so the daemon does not take its sockets from systemd: add -H fd:// there, in the drop-in that "
            "`systemctl cat docker.service` shows, then systemctl daemon-reload")


def overlaps(routes: Sequence[str], networks: Sequence[Network], pools: Sequence[Network]) -> list[str]:
    """What the host reaches by itself, and Docker must not have."""
    found = []
    for route in routes:
        other = clash(route, networks)
        if other:
            found.append(f"the host itself reaches {route}, and {other} of clawkeep:networks shares addresses with it: move that")
        other = clash(route, pools)
        if other:
            # Today's bridge is there already; after a boot it could not be made.
            found.append(
                f"the host itself reaches {route}, and Docker's address pool {other} shares addresses with it: write "
                f'another into {FILE}, like "default-address-pools": [{{"base": "10.200.0.0/16", "size": 24}}]'
            )
    return found
