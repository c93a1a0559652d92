-- Books the worst case of one attempt at a provider, or says what it would break; all or nothing.
-- KEYS: store marker, open attempts, then for each scope: spend, minute.
-- ARGV: expected marker, attempt id, cost (nano-dollars), tokens, latest time (ms since 1970), then for each scope:
--       cap (nano-dollars), period (ms), requests a minute, tokens a minute (0: no limit), and of one gateway's share of
--       that: suffix of its fields ("": it has none), cap, requests a minute, tokens a minute.
-- A share is counted in the same hash as the whole, so that its period is the whole's.
-- Returns {"ok"}, {"store"}, {"late"} (whoever asked has given up since) or {what, scope index from 0, spent, reserved,
--         ms until it resets, first, share}; `first` is 1 once a period, `share` where it is the share that is full.
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return {"store"} end
local now = redis.call("TIME")
if now[1] * 1000 + now[2] / 1000 > tonumber(ARGV[5]) then return {"late"} end
local cost, tokens = tonumber(ARGV[3]), tonumber(ARGV[4])
local scopes = (#KEYS - 2) / 2
local function said(scope, place) return ARGV[6 + 8 * scope + place] end
local function number(key, field) return tonumber(redis.call("HGET", key, field) or "0") end
-- The whole, then the share, where there is one.
local function bounds(scope)
  local whole = {suffix = "", cap = said(scope, 0), requests = said(scope, 2), tokens = said(scope, 3)}
  if said(scope, 4) == "" then return {whole} end
  return {whole, {suffix = said(scope, 4), cap = said(scope, 5), requests = said(scope, 6), tokens = said(scope, 7)}}
end

for scope = 0, scopes - 1 do
  local spend, minute = KEYS[3 + 2 * scope], KEYS[4 + 2 * scope]
  for place, bound in ipairs(bounds(scope)) do
    local of = bound.suffix
    local spent, reserved = number(spend, "spent" .. of), number(spend, "reserved" .. of)
    local share = place - 1
    if spent + reserved + cost > tonumber(bound.cap) then
      -- Nothing spent and nothing in flight: the call alone is above the cap, and there is no period to speak of.
      -- Who was told that the cap is reached knows that calls are refused.
      local news = redis.call("EXISTS", spend) == 1 and redis.call("HEXISTS", spend, "warned100" .. of) == 0
      local first = news and redis.call("HSETNX", spend, "refused" .. of, "1") or 0
      return {"cap", scope, spent, reserved, redis.call("PTTL", spend), first, share}
    end
    local rpm, tpm = tonumber(bound.requests), tonumber(bound.tokens)
    if rpm > 0 and number(minute, "requests" .. of) + 1 > rpm then
      return {"requests", scope, spent, reserved, 0, 0, share}
    end
    if tpm > 0 and number(minute, "tokens" .. of) + tokens > tpm then
      return {"tokens", scope, spent, reserved, 0, 0, share}
    end
  end
end

-- `at`: ms since 1970, for the record of a call that is lost.
local entry = {cost = ARGV[3], tokens = ARGV[4], at = now[1] * 1000, scopes = {}}
for scope = 0, scopes - 1 do
  local spend, minute = KEYS[3 + 2 * scope], KEYS[4 + 2 * scope]
  local kept = {spend = spend, minute = minute, bounds = {}}
  for place, bound in ipairs(bounds(scope)) do
    redis.call("HINCRBY", spend, "reserved" .. bound.suffix, ARGV[3])
    redis.call("HINCRBY", minute, "requests" .. bound.suffix, 1)
    redis.call("HINCRBY", minute, "tokens" .. bound.suffix, ARGV[4])
    kept.bounds[place] = {suffix = bound.suffix, cap = bound.cap}
  end
  -- The period begins with its first spending.
  if redis.call("PTTL", spend) < 0 then redis.call("PEXPIRE", spend, tonumber(said(scope, 1))) end
  redis.call("HSETNX", spend, "window", ARGV[2])
  if redis.call("PTTL", minute) < 0 then redis.call("PEXPIRE", minute, 60000) end
  kept.window = redis.call("HGET", spend, "window")
  entry.scopes[scope + 1] = kept
end
redis.call("HSET", KEYS[2], ARGV[2], cjson.encode(entry))
return {"ok"}
