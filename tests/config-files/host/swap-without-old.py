"""Runs a swap of gateway-swap against an engine in memory: the new container never gets ready, and the old one is removed
by somebody else while it is waited for. Prints what gateway-swap says at its end.

Usage: swap-without-old.py GATEWAY-SWAP DIRECTORY
"""
import importlib.machinery
import importlib.util
import json
import sys
import types

# Nothing else may lie beside the scripts.
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("gateway_swap", sys.argv[1])
spec = importlib.util.spec_from_loader("gateway_swap", loader)
assert spec is not None
swap = importlib.util.module_from_spec(spec)
loader.exec_module(swap)


def container(identity, name, running):
    state = {"Running": running, "StartedAt": "2026-01-01T00:00:00Z"}
    return {"Id": identity, "Name": f"/{name}", "Image": f"image-of-{identity}", "State": state, "Config": {"Image": "x"}}


engine = {"1111": container("1111", "gw", True), "2222": container("2222", "gw-new", False)}


def found(key):
    return next((each for each in engine.values() if key in (each["Id"], swap.name_of(each))), None)


def docker(verb, *words):
    if verb == "container":
        one = found(words[1])
        return (1, "Error: No such container") if one is None else (0, json.dumps([one]))
    if verb == "stop":
        found(words[-1])["State"]["Running"] = False
    if verb == "rename":
        found(words[0])["Name"] = f"/{words[1]}"
    # No label is on any of them, and nothing gets ready.
    return (1, "") if verb == "exec" else (0, "")


def run(*words, check=True):
    status, text = docker(*words[1:]) if words[0] == "docker" else (0, "")
    if words[0].endswith("gateway-state") and words[1] == "save":
        text = "/opt/openclaw/monitoring/backups/before-gw-1"
    if words[:2] == ("systemctl", "restart"):
        del engine["1111"]
    if check and status != 0:
        raise swap.Failed(text)
    return types.SimpleNamespace(returncode=status, stdout=text if status == 0 else "", stderr=text)


swap.run = run
gateway = swap.Gateway("gw")
gateway.home = sys.argv[2]
gateway.write("proven", {"id": "1111"})
swap.swap_to(gateway, "2222", 0.2)
