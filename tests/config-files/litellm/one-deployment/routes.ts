/** LiteLLM's whole route table, asked from a gateway's address: everything but what a gateway needs is refused. */
import * as http from "node:http";
import { docker } from "../../../../lab/lib/docker";
import { atMost } from "../../../../lab/lib/turns";
import { Deployment, gpt, imageOf, sonnet, type DeploymentArgs } from "../support/deployment";

export const name = "routes";
export const wants: DeploymentArgs = {
  gateways: [{ name: "openclaw", models: ["sonnet"] }],
  models: [{ ...sonnet, shares: { openclaw: 1 } }, gpt],
};
let paths: string[] = [];

/** Takes a while, and nothing of the deployment. */
export async function prepare(): Promise<void> {
  paths = await routeTable();
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const open = new Set([
  "GET /v1/models",
  "POST /v1/chat/completions",
  "POST /v1/messages",
  "POST /v1/embeddings",
]);
const live = "GET /health/liveliness";
/** As LiteLLM's own documentation and facts about earlier releases name them, whether or not the table does. */
const known = [
  ...[
    "/",
    "/docs",
    "/redoc",
    "/openapi.json",
    "/routes",
    "/test",
    "/ui",
    "/ui/",
    "/ui/index.html",
    "/fallback/login",
  ],
  ...[
    "/sso/key/generate",
    "/public/model_hub",
    "/public/providers",
    "/get_image",
    "/.well-known/litellm-ui-config",
  ],
  ...["/config/yaml", "/health", "/health/readiness", "/health/ready", "/metrics", "/anthropic/v1/messages"],
  ...[
    "/openai/v1/chat/completions",
    "/mcp",
    "/mcp/",
    "/v1/responses",
    "/chat/completions",
    "/models",
    "/key/generate",
  ],
  ...[
    "/config/update",
    "/model/new",
    "/model/info",
    "/v1/realtime",
    "/engines/x/chat/completions",
    "/spend/logs",
  ],
  ...[
    "/v1/chat/completions/",
    "//v1/chat/completions",
    "/v1/./chat/completions",
    "/v1/chat/completions;x",
    "/V1/models",
  ],
  ...[
    "/v1/models/../../config/yaml",
    "/v1/models%2f..%2f..%2fhealth",
    "/_next/static/x.js",
    "/litellm-asset-prefix/x",
  ],
];

/** Asks from inside LiteLLM's container, with the key on standard input. */
const askInside = `import sys, urllib.request as u
request = u.Request("http://127.0.0.1:4000" + sys.argv[1], headers={"authorization": "Bearer " + sys.stdin.read()})
print(u.urlopen(request).status)`;

export function tests(deployment: Deployment): void {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  afterAll(() => agent.destroy());
  /** The path as it is, without a client's tidying. */
  const raw = (method: string, path: string, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const request = http.request(
        { host: deployment.address, port: 4000, method, path, headers, agent },
        (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode ?? 0));
        },
      );
      request.on("error", reject);
      request.end();
    });

  describe("every route of LiteLLM, with every method", () => {
    const tries = (): string[] =>
      [...new Set([...paths, ...known])].flatMap((path) => methods.map((method) => `${method} ${path}`));

    it("is looked at: the table is LiteLLM's own", () => {
      expect(paths.length).toBeGreaterThan(600);
      expect(paths).toEqual(
        expect.arrayContaining([
          "/health",
          "/key/generate",
          "/config/update",
          ...[...open].map((what) => what.split(" ")[1]),
        ]),
      );
      console.log(`${paths.length} paths, ${tries().length} requests with each key`);
    });

    it.each([
      ["without a key", () => "", new Set([live])],
      ["with a wrong key", () => `sk-${"0".repeat(64)}`, new Set([live])],
      ["with the master key", () => deployment.masterKey, new Set([live])],
      ["with the gateway's key", () => Object.values(deployment.keys)[0] ?? "", new Set([live, ...open])],
    ])("%s: 401, 403 or 404", async (_, key, allowed) => {
      const let_in: string[] = [];
      await atMost(16, tries(), async (what) => {
        const [method = "", path = ""] = what.split(" ");
        const status = await raw(method, path, { authorization: `Bearer ${key()}` });
        if (![401, 403, 404].includes(status)) let_in.push(`${what} ${status}`);
      });
      // An empty body is no call; the routes are open all the same.
      const expected = [...allowed].map((what) => `${what} ${what.startsWith("POST") ? 400 : 200}`);
      expect(let_in.sort()).toEqual(expected.sort());
    });
  });

  it("a header that claims another address changes nothing", async () => {
    for (const name of ["x-forwarded-for", "x-real-ip", "forwarded", "x-client-ip"]) {
      const headers = {
        authorization: `Bearer ${deployment.masterKey}`,
        [name]: name === "forwarded" ? "for=127.0.0.1" : "127.0.0.1",
      };
      expect(await raw("GET", "/v1/models", headers)).toBe(401);
      expect(await raw("GET", "/health/ready", headers)).toBe(401);
    }
  });

  it("a web socket is a request like any other, to no route", async () => {
    const headers = {
      ...{ connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
      ...{
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        authorization: `Bearer ${Object.values(deployment.keys)[0]}`,
      },
    };
    expect(await raw("GET", "/v1/realtime?model=sonnet", headers)).toBe(404);
  });

  it("a model that is not the gateway's is neither shown nor answered", async () => {
    const list = JSON.parse((await deployment.ask("/v1/models")).text) as { data: { id: string }[] };
    expect(list.data.map(({ id }) => id)).toEqual(["sonnet"]);
    for (const model of ["gpt", "openai/gpt-4o", "claude-sonnet-4-6", "sonnet,gpt", "*", ["sonnet"], null]) {
      expect((await deployment.ask("/v1/chat/completions", { model, messages: [] })).status).toBe(403);
    }
  });

  it("the master key works inside the container", async () => {
    const inside = (path: string) =>
      docker(["exec", "-i", deployment.litellm, "python3", "-c", askInside, path], {
        input: deployment.masterKey,
      });
    expect((await inside("/v1/models")).trim()).toBe("200");
    expect((await inside("/model/info")).trim()).toBe("200");
  });

  it("LiteLLM asked nobody at its start", () => {
    expect(deployment.world.recorder.list(0).filter(({ body }) => body !== null)).toEqual([]);
  });

  describe("with the gate taken away", () => {
    const bare = new Deployment({
      edit: (files) => {
        const launch = files.get("launch.py") ?? "";
        expect(launch).toContain("app.add_middleware(");
        files.set("launch.py", launch.replace("app.add_middleware(", "(lambda *_, **__: None)("));
      },
    });
    beforeAll(() => bare.start());
    afterAll(() => bare.stop());

    it("routes are open that the gate closes, so the test would see it", async () => {
      const statuses = await Promise.all(
        ["/routes", "/health/readiness", "/public/providers"].map((path) =>
          bare.ask(path, undefined, { key: "" }),
        ),
      );
      expect(statuses.map(({ status }) => status)).toContain(200);
    });

    it("and a call is refused all the same: the ledger knows only what the gate has let in", async () => {
      const { status } = await bare.chat("sonnet", "unbooked");
      expect(status).toBeGreaterThanOrEqual(400);
      expect(bare.world.recorder.list(0).filter(({ body }) => body !== null)).toEqual([]);
    });
  });
}

/** Every path of the application and of what is mounted below it, with a value in the place of each parameter. */
async function routeTable(): Promise<string[]> {
  // FastAPI keeps an included router as one entry, with its routes inside; LiteLLM adds some routers when they are first asked.
  const program = `import asyncio, json
from litellm.proxy._lazy_features import LAZY_FEATURES, _force_load
from litellm.proxy.proxy_server import app
async def load():
    for feature in LAZY_FEATURES:
        await _force_load(app, feature)
asyncio.run(load())
def walk(routes, prefix=""):
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from walk(inner.routes, prefix + (route.include_context.prefix or ""))
            continue
        path = prefix + (getattr(route, "path", "") or "")
        yield path or "/"
        children = getattr(route, "routes", None)
        if children:
            yield from walk(children, path)
        elif not getattr(route, "methods", None):
            yield path + "/x"
print("ROUTES" + json.dumps(sorted(set(walk(app.routes)))))`;
  const text = await docker(
    [
      ...["run", "--rm", "--interactive", "--network", "none", "--tmpfs", "/tmp", "--env", "HOME=/tmp"],
      ...[
        "--env",
        "LITELLM_LOCAL_MODEL_COST_MAP=True",
        "--entrypoint",
        "python3",
        await imageOf("litellm"),
        "-",
      ],
    ],
    { input: program },
  );
  const found = JSON.parse(/ROUTES(.*)/.exec(text)?.[1] ?? "[]") as string[];
  return found.map((path) => path.replace(/\{[^}]*\}/g, "x"));
}
