import { redisConf } from "../../../config-files/redis/redis-conf";

const settings = new Map(
  redisConf()
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(/ (.*)/s) as [string, string]),
);

it.each([
  ["port", "0", "no network at all"],
  ["unixsocket", "/run/redis/redis.sock", "the one way in"],
  ["unixsocketperm", "770", "its own group alone"],
  ["appendonly", "yes", "a restart must not forget what was spent"],
  ["appendfsync", "always", "nor a crash"],
  ["maxmemory-policy", "noeviction", "nor a full memory"],
])("%s is %s: %s", (key, value) => expect(settings.get(key)).toBe(value));

it("keeps less in memory than its container has", () => {
  expect(Number(settings.get("maxmemory")?.replace("mb", ""))).toBeLessThanOrEqual(48);
});
