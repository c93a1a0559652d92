/** The directory of its socket, which LiteLLM mounts too, and the socket there. Scripts on the host name it again. */
export const redisSocketDirectory = "/run/redis";
export const redisSocket = `${redisSocketDirectory}/redis.sock`;

/** Redis as the store of what was spent: no network, every write on disk, nothing ever evicted. */
export const redisConf = (): string =>
  [
    "port 0",
    `unixsocket ${redisSocket}`,
    // LiteLLM's group may connect.
    "unixsocketperm 770",
    "dir /data",
    "appendonly yes",
    // A spent amount that is forgotten in a crash could be spent again.
    "appendfsync always",
    'save ""',
    "maxmemory 32mb",
    "maxmemory-policy noeviction",
    "",
  ].join("\n");
