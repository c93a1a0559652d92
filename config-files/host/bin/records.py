"""What was spent, and the records of calls, from a backup into what this host counts: never lowered, nothing lost.

Usage: from records import restore_newest
"""
import json
import os
from typing import Any

from backup_restic import Order, container, restic
from backup_snapshots import LIST_SECONDS, Snapshot, bring, discard, folders, shown
from common import Failed, docker, inspect, run

# Where a snapshot has them, below /backup. A snapshot without them is one of a release that did not save them.
FOLDER = "litellm"
SPEND, AUDIT = "spend.rdb", "audit"
STORE, LITELLM = "openclaw-redis", "openclaw-litellm"
SOCKET = "/run/redis/redis.sock"
HOME = "/opt/openclaw/volume/litellm"
SECONDS = 120
# In a store of its own, without network, whose periods that have ended are gone when it has read them.
READ = """
cp /dump/spend.rdb /tmp/spend.rdb
redis-server --port 0 --unixsocket /tmp/socket --dir /tmp --dbfilename spend.rdb --save '' --appendonly no --loglevel warning >&2 &
tries=0
until [ "$(redis-cli -s /tmp/socket ping 2>/dev/null)" = PONG ]; do
  tries=$((tries + 1)); [ "$tries" -lt 300 ] || exit 1; sleep 0.1
done
redis-cli -s /tmp/socket eval "$1" 0
"""
TELL = """
local told = {marker = redis.call("GET", "clawkeep:store"), caps = {}}
for _, key in ipairs(redis.call("KEYS", "clawkeep:spend:*")) do
  local fields, entry = redis.call("HGETALL", key), {}
  for place = 1, #fields, 2 do entry[fields[place]] = fields[place + 1] end
  told.caps[#told.caps + 1] = {key = key, fields = entry, ends = redis.call("PEXPIRETIME", key)}
end
return cjson.encode(told)
"""
# The store that the backup was made of has counted on since. Another one: a cap's period is the same where it has the name of
# the same first call, and then the larger number counts; else it was begun by a store that knew nothing of the first, and both
# were spent. It has the first one's name afterwards, so that doing it again changes nothing. What was on its way when the backup
# was made counts as spent.
RAISE = """
local told, raised = cjson.decode(ARGV[1]), 0
if told.marker and redis.call("GET", "clawkeep:store") == told.marker then return 0 end
for _, entry in ipairs(told.caps) do
  local key, fields = entry.key, entry.fields
  local function number(field) return tonumber(redis.call("HGET", key, field) or "0") end
  local same, counted = redis.call("HGET", key, "window") == fields.window, {}
  for field in pairs(fields) do
    local of = string.match(field, "^spent(.*)$") or string.match(field, "^reserved(.*)$")
    if of and not counted[of] then
      counted[of] = true
      local there = tonumber(fields["spent" .. of] or "0") + tonumber(fields["reserved" .. of] or "0")
      local missing = same and there - number("spent" .. of) - number("reserved" .. of) or there
      if missing > 0 then
        redis.call("HINCRBY", key, "spent" .. of, string.format("%.0f", missing))
        raised = raised + 1
      end
    end
  end
  if redis.call("EXISTS", key) == 1 then
    if fields.window then redis.call("HSET", key, "window", fields.window) end
    if entry.ends > 0 and redis.call("PEXPIRETIME", key) < entry.ends then
      redis.call("PEXPIREAT", key, string.format("%.0f", entry.ends))
    end
  end
end
return raised
"""


class Unreadable(Failed):
    """What a snapshot holds of it. Another snapshot's may be read."""


def holds(order: Order, snapshot: Snapshot) -> bool:
    listed = restic(order, ["ls", "--json", "--no-lock", snapshot["id"], "/backup"], LIST_SECONDS)
    return any(json.loads(line).get("path") == f"/backup/{FOLDER}" for line in listed.splitlines() if line.startswith("{"))


def restore(order: Order, snapshot: Snapshot) -> list[str]:
    """@returns what was done, a line each @raises Unreadable"""
    if not holds(order, snapshot):
        return [f"snapshot {snapshot['id'][:8]} holds nothing of what was spent; what this host counts stays"]
    discard("/var/lib/clawkeep/restore/records")
    place = bring(order, snapshot, "records", FOLDER)
    try:
        said = [f"what was spent, from snapshot {shown(snapshot)}:"]
        if os.path.isfile(f"{place}/{SPEND}") and not os.path.islink(f"{place}/{SPEND}"):
            raised = raise_to(read_spend(place))
            said.append(f"  {raised} amounts are raised to what was spent before" if raised else "  this host counts all of it already")
            os.unlink(f"{place}/{SPEND}")
        if AUDIT in folders(place):
            said.append(f"  {add_records(order, f'{place}/{AUDIT}')} records of calls are added")
        return said
    finally:
        discard(place)


def restore_newest(order: Order, found: list[Snapshot]) -> list[str]:
    """From the newest snapshot whose records can be read: whoever has damaged a host's files has saved them so each time since.

    @returns what was done, a line each @raises Unreadable where none can be read
    """
    usable = [one for one in found if one["odd"] == ""]
    unreadable, place, step = -1, 0, 1
    said: list[str] = []
    done: list[str] | None = None
    # Further and further back until one can be read, then halves of what lies between: 14 days are 10,000 snapshots.
    while done is None and place < len(usable):
        try:
            done = restore(order, usable[place])
        except Unreadable as failure:
            said.append(f"{shown(usable[place])}: {failure}")
            # The oldest is not passed by.
            unreadable, place, step = place, max(place + 1, min(place + step, len(usable) - 1)), 2 * step
    if done is None:
        raise Unreadable("no snapshot can be read of what was spent; what this host counts stays.")
    while place - unreadable > 1:
        middle = (place + unreadable) // 2
        try:
            done, place = restore(order, usable[middle]), middle
        except Unreadable:
            unreadable = middle
    return said + done


def read_spend(place: str) -> dict[str, Any]:
    store = inspect(STORE)
    if store is None:
        raise Failed(f"there is no {STORE} on this host: pulumi up")
    words = ["--network", "none", "--user", "65534:65534", "--tmpfs", "/tmp:rw,nosuid,nodev,size=128m,mode=1777",
             "--volume", f"{place}/{SPEND}:/dump/spend.rdb:ro", "--entrypoint", "sh", store["Image"], "-euc", READ, "sh", TELL]
    os.chmod(f"{place}/{SPEND}", 0o444, follow_symlinks=True)
    done = container("clawkeep-restore-spend", words, SECONDS)
    try:
        told = json.loads(done.stdout)
    except ValueError as error:
        raise Unreadable(f"what was spent cannot be read: {done.stderr.strip()[-500:]}") from error
    if not isinstance(told, dict):
        raise Unreadable("what was spent is no table")
    return told


def raise_to(told: dict[str, Any]) -> int:
    """@returns how many amounts were too low"""
    if not told.get("caps"):
        return 0
    done = run("docker", "exec", "--interactive", STORE, "redis-cli", "-s", SOCKET, "-x", "eval", RAISE, "0", seconds=SECONDS,
               text=json.dumps(told))
    said = done.stdout.strip()
    if not said.isdecimal():
        raise Failed(f"the spend store has not taken what was spent: {said[:500]}: /opt/openclaw/bin/spend-store status")
    return int(said)


def add_records(order: Order, source: str) -> int:
    docker("exec", LITELLM, "mkdir", "-p", "/var/lib/litellm/audit")
    owner = os.stat(HOME)
    words = ["--network", "none", "--user", f"{owner.st_uid}:{owner.st_gid}", "--tmpfs", "/tmp:rw,nosuid,nodev,size=64m",
             "--volume", f"{source}:/from:ro", "--volume", f"{HOME}:/litellm", "--volume", "/opt/openclaw/bin:/scripts:ro",
             "--entrypoint", "python3", order["python"], "-B", "/scripts/backup-records", "/from", "/litellm/audit"]
    done = container("clawkeep-restore-records", words, 600)
    if done.returncode != 0:
        raise Failed(f"backup-records ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return int(done.stdout)
