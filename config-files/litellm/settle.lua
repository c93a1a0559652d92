-- Replaces the worst case of one attempt by what it cost. Doing it twice changes nothing.
-- KEYS: open attempts. ARGV: attempt id, cost (nano-dollars) or "" for the whole worst case, tokens or "".
-- Returns for each scope, or share of one, that has just passed 80 % or 100 % of its cap: spend key, percent, spent, cap,
--         ms until it resets, suffix of the share's fields ("": the whole).
local text = redis.call("HGET", KEYS[1], ARGV[1])
if not text then return {} end
redis.call("HDEL", KEYS[1], ARGV[1])
local entry = cjson.decode(text)
local cost = ARGV[2] == "" and entry.cost or ARGV[2]
local tokens = ARGV[3] == "" and entry.tokens or ARGV[3]
local passed = {}

local function book(scope, of, cap)
  redis.call("HINCRBY", scope.spend, "reserved" .. of, -tonumber(entry.cost))
  local spent = redis.call("HINCRBY", scope.spend, "spent" .. of, cost)
  for _, percent in ipairs({100, 80}) do
    if spent * 100 >= tonumber(cap) * percent
      and redis.call("HSETNX", scope.spend, "warned" .. percent .. of, "1") == 1 then
      if percent == 100 then redis.call("HSET", scope.spend, "warned80" .. of, "1") end
      passed[#passed + 1] = {scope.spend, percent, spent, cap, redis.call("PTTL", scope.spend), of}
    end
  end
end

for _, scope in ipairs(entry.scopes) do
  -- An attempt of an earlier release has no shares.
  local bounds = scope.bounds or {{suffix = "", cap = scope.cap}}
  -- A period that has ended since takes its bookings along.
  local same = redis.call("HGET", scope.spend, "window") == scope.window
  local counted = redis.call("EXISTS", scope.minute) == 1
  for _, bound in ipairs(bounds) do
    if same then book(scope, bound.suffix, bound.cap) end
    if counted then
      redis.call("HINCRBY", scope.minute, "tokens" .. bound.suffix, tonumber(tokens) - tonumber(entry.tokens))
    end
  end
end
return passed
