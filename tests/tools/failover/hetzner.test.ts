/** The fence from outside, at Hetzner's stand-in: off, behind a firewall that is no stack's, and let go again. */
import { fenceServer, proveServerFenced, releaseServer } from "../../../tools/failover/hetzner";
import { Harness, tokens } from "../../lab/hetzner/harness";

jest.setTimeout(60_000);
const lab = new Harness();
beforeEach(() => lab.start());
afterEach(async () => {
  await lab.stop();
});
const api = () => ({ token: tokens.write, endpoint: `${lab.origin}/v1` });
const known = (address = "192.0.2.9") => ({ name: "clawkeep-prod", address });
const status = async (): Promise<string> =>
  (await lab.get("/servers?name=clawkeep-prod")).body.servers[0].status;
const fences = async (): Promise<
  { name: string; labels: object; rules: { direction: string }[]; applied_to: object[] }[]
> => (await lab.get("/firewalls?name=clawkeep-prod-fence")).body.firewalls;

test("a server is off, seen to be off, and behind a fence of no stack's labels; twice is once; then it is let go", async () => {
  await lab.settle(await lab.createServer("clawkeep-prod"));
  await expect(proveServerFenced(api(), known())).rejects.toThrow(/says that the server .* is running/);
  for (let time = 0; time < 2; time++)
    expect(await fenceServer(api(), known())).toMatch(/power of clawkeep-prod is cut/);
  expect(await status()).toBe("off");
  expect(await proveServerFenced(api(), known())).toMatch(/is off/);
  const [fence, ...more] = await fences();
  expect([fence?.labels, fence?.applied_to.length, more]).toEqual([
    { "managed-by": "clawkeep-failover" },
    1,
    [],
  ]);
  expect(fence?.rules.map(({ direction }) => direction)).toEqual(["out"]);
  for (let time = 0; time < 2; time++)
    expect(await releaseServer(api(), "clawkeep-prod")).toMatch(/runs, and no fence/);
  expect([await status(), await fences()]).toEqual(["running", []]);
});

test("a server that is not shown is not taken for a fenced one: the token may be another project's", async () => {
  expect(await fenceServer(api(), known())).toBeUndefined();
  await expect(proveServerFenced(api(), known())).rejects.toThrow(/shows no server clawkeep-prod/);
});

test("a server that somebody has renamed is found by its address", async () => {
  const { id } = (await lab.createServer("clawkeep-prod")).body.server;
  await lab.put(`/servers/${id}`, { name: "old" });
  const server = (await lab.get(`/servers/${id}`)).body.server;
  const address = String(server.public_net.ipv4.ip);
  await lab.settle(await lab.createServer("another"));
  expect(await fenceServer(api(), known(address))).toMatch(/power of clawkeep-prod is cut/);
  expect((await lab.get(`/servers/${id}`)).body.server.status).toBe("off");
  expect((await lab.get("/servers?name=another")).body.servers[0].status).toBe("running");
  expect(await proveServerFenced(api(), known(address))).toMatch(/is off/);
});

test("a token that may only read fences nothing, and says so", async () => {
  await lab.settle(await lab.createServer("clawkeep-prod"));
  await expect(fenceServer({ ...api(), token: tokens.read }, known())).rejects.toThrow(/Hetzner refuses/);
  expect(await status()).toBe("running");
});
