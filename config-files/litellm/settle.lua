-- Replaces the worst case of one attempt by what it cost. Doing it twice changes nothing.
-- KEYS: open attempts. ARGV: attempt id, cost (nano-dollars) or "" for the whole worst case, tokens or "".
-- Returns for each scope that has just passed 80 % or 100 % of its cap: spend key, percent, spent, cap, ms until it resets.
local text = redis.call("HGET", KEYS[1], ARGV[1])
if not text then return {} end
redis.call("HDEL", KEYS[1], ARGV[1])
local entry = cjson.decode(text)
local cost = ARGV[2] == "" and entry.cost or ARGV[2]
local tokens = ARGV[3] == "" and entry.tokens or ARGV[3]
local passed = {}
for _, scope in ipairs(entry.scopes) do
  -- A period that has ended since takes its bookings along.
  if redis.call("HGET", scope.spend, "window") == scope.window then
    redis.call("HINCRBY", scope.spend, "reserved", -tonumber(entry.cost))
    local spent = redis.call("HINCRBY", scope.spend, "spent", cost)
    for _, percent in ipairs({100, 80}) do
      if spent * 100 >= tonumber(scope.cap) * percent and redis.call("HSETNX", scope.spend, "warned" .. percent, "1") == 1 then
        if percent == 100 then redis.call("HSET", scope.spend, "warned80", "1") end
        passed[#passed + 1] = {scope.spend, percent, spent, scope.cap, redis.call("PTTL", scope.spend)}
      end
    end
  end
  if redis.call("EXISTS", scope.minute) == 1 then
    redis.call("HINCRBY", scope.minute, "tokens", tonumber(tokens) - tonumber(entry.tokens))
  end
end
return passed
