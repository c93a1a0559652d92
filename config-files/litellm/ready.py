"""Healthcheck: healthy is a LiteLLM that would let a call through, so the store has to be usable and records writable.

The image has neither curl nor wget.
"""
import json
import sys
import urllib.error
import urllib.request

try:
    urllib.request.urlopen("http://127.0.0.1:4000/health/ready", timeout=4)
except urllib.error.HTTPError as error:
    sys.exit(json.load(error)["status"])
except OSError as error:
    sys.exit(f"LiteLLM does not answer: {error}")
