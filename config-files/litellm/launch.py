"""Starts LiteLLM with its secrets.

LiteLLM wants provider keys as environment variables. They are set inside this process only, so that neither
`docker inspect` nor /proc/PID/environ (which shows a process's first environment) ever holds one.
"""
import json
import os
import sys
import time

SECRETS = "/run/secrets/litellm/secrets.json"
STORE = "/run/redis/redis.sock"
EXTRA_CA = "/etc/litellm/extra-ca.pem"
STORE_WAIT_SECONDS = 30

with open(SECRETS, encoding="utf-8") as stream:
    secrets = json.load(stream)

os.environ["LITELLM_MASTER_KEY"] = secrets["masterKey"]
for name, key in secrets["providerKeys"].items():
    os.environ[name] = key

if os.path.exists(EXTRA_CA):
    import certifi

    bundle = "/tmp/ca-certificates.pem"
    with open(bundle, "wb") as target:
        for source in (certifi.where(), EXTRA_CA):
            with open(source, "rb") as part:
                target.write(part.read() + b"\n")
    os.environ["SSL_CERT_FILE"] = bundle

# The store of what has been spent: without it there is no cap, so without it there is no service.
deadline = time.monotonic() + STORE_WAIT_SECONDS
while not os.path.exists(STORE):
    if time.monotonic() > deadline:
        sys.exit(f"the spend store {STORE} has not appeared within {STORE_WAIT_SECONDS} s: docker logs openclaw-redis")
    time.sleep(0.2)

sys.path.insert(0, "/etc/litellm")
sys.argv = ["litellm", "--config", "/etc/litellm/config.yaml", "--host", "0.0.0.0", "--port", "4000"]

from litellm import run_server  # noqa: E402  (the environment has to be complete before LiteLLM is loaded)

run_server()
