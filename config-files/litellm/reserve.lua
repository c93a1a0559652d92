-- Books the worst case of one attempt at a provider, or says what it would break; all or nothing.
-- KEYS: store marker, open attempts, then for each scope: spend, minute.
-- ARGV: expected marker, attempt id, cost (nano-dollars), tokens, latest time (ms since 1970), then for each scope:
--       cap (nano-dollars), period (ms), requests a minute, tokens a minute (0: no limit).
-- Returns {"ok"}, {"store"}, {"late"} (whoever asked has given up since) or {what, scope index from 0, spent, reserved, ms until it resets, first}; `first` is 1 once a period.
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return {"store"} end
local now = redis.call("TIME")
if now[1] * 1000 + now[2] / 1000 > tonumber(ARGV[5]) then return {"late"} end
local cost, tokens = tonumber(ARGV[3]), tonumber(ARGV[4])
local scopes = (#KEYS - 2) / 2
local function limit(scope, place) return tonumber(ARGV[6 + 4 * scope + place]) end
local function number(key, field) return tonumber(redis.call("HGET", key, field) or "0") end

for scope = 0, scopes - 1 do
  local spend, minute = KEYS[3 + 2 * scope], KEYS[4 + 2 * scope]
  local spent, reserved = number(spend, "spent"), number(spend, "reserved")
  if spent + reserved + cost > limit(scope, 0) then
    -- Nothing spent and nothing in flight: the call alone is above the cap, and there is no period to speak of.
    -- Who was told that the cap is reached knows that calls are refused.
    local news = redis.call("EXISTS", spend) == 1 and redis.call("HEXISTS", spend, "warned100") == 0
    local first = news and redis.call("HSETNX", spend, "refused", "1") or 0
    return {"cap", scope, spent, reserved, redis.call("PTTL", spend), first}
  end
  local rpm, tpm = limit(scope, 2), limit(scope, 3)
  if rpm > 0 and number(minute, "requests") + 1 > rpm then return {"requests", scope, spent, reserved, 0, 0} end
  if tpm > 0 and number(minute, "tokens") + tokens > tpm then return {"tokens", scope, spent, reserved, 0, 0} end
end

-- `at`: ms since 1970, for the record of a call that is lost.
local entry = {cost = ARGV[3], tokens = ARGV[4], at = now[1] * 1000, scopes = {}}
for scope = 0, scopes - 1 do
  local spend, minute = KEYS[3 + 2 * scope], KEYS[4 + 2 * scope]
  redis.call("HINCRBY", spend, "reserved", ARGV[3])
  -- The period begins with its first spending.
  if redis.call("PTTL", spend) < 0 then redis.call("PEXPIRE", spend, limit(scope, 1)) end
  redis.call("HSETNX", spend, "window", ARGV[2])
  redis.call("HINCRBY", minute, "requests", 1)
  redis.call("HINCRBY", minute, "tokens", ARGV[4])
  if redis.call("PTTL", minute) < 0 then redis.call("PEXPIRE", minute, 60000) end
  entry.scopes[scope + 1] = {spend = spend, window = redis.call("HGET", spend, "window"), minute = minute, cap = ARGV[6 + 4 * scope]}
end
redis.call("HSET", KEYS[2], ARGV[2], cjson.encode(entry))
return {"ok"}
