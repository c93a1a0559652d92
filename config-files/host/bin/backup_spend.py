"""What LiteLLM has counted as spent, as Redis itself dumps it, for a snapshot.

Usage: from backup_spend import save_spend
"""
import base64
import binascii
import os

from common import Failed, run, write

STORE = "openclaw-redis"
SECONDS = 60
# Redis's own file of what it held at one moment, made while it serves. One that fails keeps nobody from writing: the store has
# no save points. As text, because that is what a host's script reads.
DUMP = """
ask() { redis-cli -s /run/redis/redis.sock "$@" | tr -d '\\r'; }
began=$(ask time | head -n 1)
ask bgsave schedule >/dev/null
tries=0
until state=$(ask info persistence); at=$(printf '%s\\n' "$state" | sed -n 's/^rdb_last_save_time://p')
  printf '%s\\n' "$state" | grep -q '^rdb_bgsave_in_progress:0' && [ "${at:-0}" -ge "$began" ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 200 ] || { echo "Redis has not saved within 40 seconds" >&2; exit 1; }
  sleep 0.2
done
printf '%s\\n' "$state" | grep -q '^rdb_last_bgsave_status:ok' || { echo "Redis could not save: is its disk full?" >&2; exit 1; }
base64 -w 0 /data/dump.rdb
"""


def save_spend(directory: str) -> str:
    """Writes `spend.rdb` into root's own directory. @returns `saved`, or why what was there before stands"""
    try:
        done = run("docker", "exec", STORE, "sh", "-euc", DUMP, seconds=SECONDS)
        content = base64.b64decode(done.stdout, validate=True)
        if not content.startswith(b"REDIS"):
            return "what Redis has written is no dump"
        path = os.path.join(directory, "spend.rdb")
        if not os.path.exists(path) or open(path, "rb").read() != content:
            write(path, content, 0o600)
    except (Failed, binascii.Error) as failure:
        return str(failure)
    return "saved"
