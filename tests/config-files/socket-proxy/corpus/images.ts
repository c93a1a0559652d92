import { archive, asTar, tar } from "./archives";
import { calls } from "./attack";

const context = tar({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });

export const images = [
  ...calls("images", [
    ["pull", "POST", "/v1.41/images/create?fromImage=busybox&tag=latest", undefined, { engineRefuses: true }],
    ["import from the request", "POST", "/v1.41/images/create?fromSrc=-&repo=planted", archive, asTar],
    [
      "import over the sandbox image",
      "POST",
      "/v1.41/images/create?fromSrc=-&repo=openclaw-sandbox&tag=planted",
      archive,
      asTar,
    ],
    ["load", "POST", "/v1.41/images/load", archive, { ...asTar, works: (a) => a.status === 200 }],
    ["list", "GET", "/v1.41/images/json"],
    ["look at another image", "GET", (p) => `/v1.41/images/${p.otherImage}/json`],
    ["look at the image by id", "GET", (p) => `/v1.41/images/${p.imageId}/json`],
    ["history", "GET", (p) => `/v1.41/images/${p.image}/history`],
    [
      "tag over the sandbox image",
      "POST",
      (p) => `/v1.41/images/${p.otherImage}/tag?repo=openclaw-sandbox&tag=evil`,
    ],
    [
      "push",
      "POST",
      (p) => `/v1.41/images/${p.image}/push`,
      undefined,
      { http: { headers: { "X-Registry-Auth": "e30=" } }, works: (a) => a.status === 200 },
    ],
    ["remove", "DELETE", "/v1.41/images/planted"],
    ["remove by force", "DELETE", "/v1.41/images/openclaw-sandbox:evil?force=1"],
    ["prune", "POST", "/v1.41/images/prune"],
    ["search", "GET", "/v1.41/images/search?term=busybox", undefined, { engineRefuses: true }],
    ["distribution", "GET", "/v1.41/distribution/busybox/json", undefined, { engineRefuses: true }],
  ]),
  ...calls("build", [
    ["from a context", "POST", "/v1.41/build?t=built", context, asTar],
    ["with the network of the host", "POST", "/v1.41/build?networkmode=host", context, asTar],
    [
      "with build arguments",
      "POST",
      `/v1.41/build?buildargs=${encodeURIComponent('{"A":"b"}')}`,
      context,
      asTar,
    ],
    [
      "from a remote context",
      "POST",
      "/v1.41/build?remote=http://127.0.0.1:1/x.git",
      undefined,
      { engineRefuses: true },
    ],
    ["by the newer builder", "POST", "/v1.41/build?version=2&buildid=x", undefined, { engineRefuses: true }],
    ["with a cgroup", "POST", "/v1.41/build?cgroupparent=/x&nocache=1", context, asTar],
    ["with hosts entries", "POST", "/v1.41/build?extrahosts=a:1.2.3.4", context, asTar],
    ["with another Dockerfile", "POST", "/v1.41/build?dockerfile=./Dockerfile", context, asTar],
    ["with a limit of memory", "POST", "/v1.41/build?memory=1000000000&memswap=-1", context, asTar],
    ["with labels", "POST", `/v1.41/build?labels=${encodeURIComponent('{"a":"b"}')}`, context, asTar],
    ["prune of the cache", "POST", "/v1.41/build/prune"],
    ["cancel", "POST", "/v1.41/build/cancel?id=x"],
  ]),
];
