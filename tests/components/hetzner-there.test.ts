/** What a stack has at Hetzner counts, and not what was asked for or what somebody has made of it meanwhile. */
import * as pulumi from "@pulumi/pulumi";
import { projectChecks, type ProjectChecks } from "../../components/hetzner-project-is-ready";
import { changedServer, madeWith, sshRule } from "../../components/server-stays";
import { startServer } from "../../config/hetzner-there";
import { hcloudHost } from "../../config/host-schema";
import { Harness, tokens } from "../lab/hetzner/harness";
import { prod } from "../fixtures/stack-configuration";
import { takeWarnings } from "../fixtures/warnings";

// A loaded machine takes its time over a dozen calls.
jest.setTimeout(60_000);
const lab = new Harness();
const serverName = "clawkeep-prod";
const host = hcloudHost.parse(prod.settings["clawkeep:host"]);
const own = { "managed-by": "clawkeep", stack: serverName };
const warnings = takeWarnings();

beforeAll(() => lab.start());
beforeEach(() => jest.spyOn(pulumi.log, "info").mockResolvedValue());
afterAll(() => lab.stop());
afterEach(async () => {
  await lab.call("DELETE", "/lab/faults");
  await stock("cx33", true);
  for (const list of ["servers", "volumes", "primary_ips"]) {
    const { body } = await lab.get(`/${list}`);
    for (const { id } of body[list] as { id: number }[]) await lab.settle(await lab.delete(`/${list}/${id}`));
  }
});

const stock = (serverType: string, available: boolean): Promise<unknown> =>
  lab.call("PUT", "/lab/stock", { serverType, location: "fsn1", available });
const make = {
  volume: async (size = 20): Promise<number> => {
    const asked = { name: serverName, size, location: "fsn1", format: "ext4", labels: own };
    return ((await lab.settle(await lab.post("/volumes", asked))).body as { volume: { id: number } }).volume
      .id;
  },
  address: () =>
    lab.post("/primary_ips", {
      ...{ name: serverName, type: "ipv4", assignee_type: "server", auto_delete: false },
      ...{ location: "fsn1", labels: own },
    }),
  server: async (type = "cx33"): Promise<number> => {
    const { body } = await lab.createServer(serverName, { server_type: type, labels: own });
    return (body as { server: { id: number } }).server.id;
  },
};
const act = async (path: string, body: object = {}): Promise<number> =>
  (await lab.settle(await lab.post(path, body))).status;

const args = () => ({
  at: { stack: "prod", serverName, host },
  ...{ token: pulumi.output(tokens.write), endpoint: `${lab.origin}/v1` },
  ...{ parent: "host", provider: "host-hcloud" },
});
const checks = (): ProjectChecks => projectChecks(args(), false);
const answerOf = (asking: Promise<void>): Promise<string> =>
  asking.then(
    () => "let by",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

/** What the firewall remembers of a host. */
const asked = (changes: object): object => ({
  labels: madeWith({ ...host, ...changes }),
  rules: [{ description: sshRule, port: String({ sshPort: 9922, ...changes }.sshPort) }],
});
/** Before a firewall that remembers the first is to remember the second. */
const changing = async (was: object, is: object = {}): Promise<string | undefined> =>
  changedServer("prod", asked(was), asked(is), await checks().there());

const allElse = {
  ...{ sshPort: 2222, image: "ubuntu-24.04", sshKey: "laptop", location: "nbg1" },
  ...{ volumeGiB: 400, serverType: "cpx32" },
};

describe("a changed setting", () => {
  it.each(["/volumes", "/primary_ips", "/servers"])(
    "takes another value of what was never made, because %s was refused",
    async (path) => {
      await lab.call("POST", "/lab/faults", {
        method: "POST",
        path,
        status: 403,
        code: "resource_limit_exceeded",
      });
      const made = { "/volumes": make.volume, "/primary_ips": make.address, "/servers": make.server }[path];
      await made?.().catch(() => undefined);
      expect(await changing(allElse)).toBeUndefined();
    },
  );

  it("takes the size back that Hetzner has refused, and none below the volume's", async () => {
    const volume = await make.volume(20);
    await lab.call("POST", "/lab/faults", { path: "/volumes/\\d+/actions/resize", status: 403 });
    expect(await act(`/volumes/${volume}/actions/resize`, { size: 400 })).toBe(403);
    expect(await changing({ volumeGiB: 400 })).toBeUndefined();
    expect(await act(`/volumes/${volume}/actions/resize`, { size: 60 })).toBe(201);
    expect(await changing({ volumeGiB: 400 })).toMatch(
      /volumeGiB was 60, and a volume never shrinks.*host\.volumeGiB 60\./,
    );
    expect(await changing({ volumeGiB: 30 }, { volumeGiB: 60 })).toBeUndefined();
  });

  it.each(["volume", "address"] as const)("stays where the %s is", async (kind) => {
    await make[kind]();
    expect(await changing({}, { location: "nbg1" })).toMatch(
      /location was fsn1 when address and volume were made/,
    );
    expect(await changing({ location: "nbg1" })).toBeUndefined();
  });

  it("takes the old type back where the change has failed, also when it is sold out; but no smaller disk", async () => {
    const server = await make.server("cx33");
    expect(await changing({ serverType: "cx43" })).toBeUndefined();
    await stock("cx33", false);
    expect(await answerOf(checks().beforeAnotherType("cx33"))).toBe("let by");
    await act(`/servers/${server}/actions/poweroff`);
    await act(`/servers/${server}/actions/change_type`, { server_type: "cx43", upgrade_disk: true });
    expect(await changing({ serverType: "cx43" })).toMatch(
      /was cx43, and its disk of 160 GB does not fit into the 80/,
    );
    expect(await answerOf(checks().beforeAnotherType("cx33"))).toContain("cx33 is not to be had");
  });

  it("leaves a server its port, key and image", async () => {
    await make.server();
    expect(await changing({ sshPort: 2222, image: "ubuntu-24.04", sshKey: "laptop" })).toMatch(
      /sshPort was 2222, and clawkeep:host.sshKey was another, and clawkeep:host.image was ubuntu-24.04/,
    );
  });

  it("is judged by what was asked for where Hetzner cannot be asked", async () => {
    await lab.call("POST", "/lab/faults", { status: 503 });
    expect(await changing({ volumeGiB: 400 })).toMatch(/volumeGiB was 400, and a volume never shrinks/);
    expect(warnings()).toEqual([expect.stringMatching(/^nobody has looked whether Hetzner has/)]);
  });
});

const status = async (): Promise<string | undefined> => (await checks().there())?.server?.status;
/** As in Hetzner's console. */
const byHand = async (server: number, type: string, upgradeDisk = true): Promise<void> => {
  await act(`/servers/${server}/actions/poweroff`);
  await act(`/servers/${server}/actions/change_type`, { server_type: type, upgrade_disk: upgradeDisk });
  await act(`/servers/${server}/actions/poweron`);
};
/** The server itself is about to change from what Pulumi takes it for. */
const another = (was: string, is: string, shutDown = false): Promise<string> =>
  answerOf(checks().beforeTypeChange({ was, is }, shutDown));

describe("a server that somebody has changed by hand", () => {
  it("refreshed, and the stack file follows: shut down for nothing, it is started", async () => {
    await byHand(await make.server(), "cx43");
    const { start } = projectChecks(
      { ...args(), at: { ...args().at, host: { ...host, serverType: "cx43" } } },
      false,
    );
    await act(`/servers/${(await checks().there())?.server?.id}/actions/poweroff`);
    await start(true, "cx43");
    expect(await status()).toBe("running");
  });

  it("not refreshed: says so, in place of asking for the type that it has", async () => {
    await byHand(await make.server(), "cx43");
    expect(await another("cx33", "cx43", true)).toMatch(/is a cx43 already: .*pulumi refresh --stack prod/);
  });

  it("refreshed, and the stack file as it was: its power is not cut", async () => {
    const server = await make.server();
    await byHand(server, "cx43", false);
    const said = await another("cx43", "cx33");
    expect(said).toMatch(/runs as a cx43, .* is cx33, and nothing has it shut down: .*would cut its power/);
    expect(said).toContain("pulumi config set --stack prod --path clawkeep:host.serverType cx43");
    expect(said).toContain("$(pulumi stack output sshCommand --stack prod) /opt/openclaw/bin/shut-down-host");
    await act(`/servers/${server}/actions/poweroff`);
    expect(await another("cx43", "cx33")).toBe("let by");
  });

  it("of a disk that is too large for the stack file's type, offers no way that ends in another refusal", async () => {
    await byHand(await make.server(), "cx43");
    const said = await another("cx43", "cx33");
    expect(said).toContain(
      "disk of 160 GB does not fit into a cx33: pulumi destroy --exclude-protected --stack prod",
    );
    expect(said).not.toContain("shut-down-host");
  });
});

describe("a server that is to become another", () => {
  it("may, once this run has shut it down, or when it is off", async () => {
    const server = await make.server();
    expect(await another("cx33", "cx43", true)).toBe("let by");
    expect(await another("cx33", "cx43")).toContain("and nothing has it shut down");
    await act(`/servers/${server}/actions/poweroff`);
    expect(await another("cx33", "cx43")).toBe("let by");
  });

  it("is left to Hetzner, which starts it", async () => {
    const server = await make.server();
    await act(`/servers/${server}/actions/poweroff`);
    await checks().start(true, "cx43");
    expect(await status()).toBe("off");
  });

  it("is waited for while it goes off, before it is started again", async () => {
    const server = await make.server();
    let looks = 0;
    const api = { token: tokens.write, endpoint: `${lab.origin}/v1` };
    const said = await startServer(api, { stack: "prod", serverName }, true, async () => {
      looks += 1;
      if (looks === 2) await act(`/servers/${server}/actions/poweroff`);
    });
    expect([looks, said]).toEqual([2, expect.stringMatching(/^clawkeep-prod was off, and is started/)]);
  });
});

describe("a server that a destroy has shut down, and that Hetzner then has not deleted", () => {
  it.each([
    [403, "protected"],
    [423, "locked"],
    [503, "unavailable"],
  ])("is started before anybody logs in: %s %s", async (refusal, code) => {
    const server = await make.server();
    await act(`/servers/${server}/actions/poweroff`);
    await lab.call("POST", "/lab/faults", {
      method: "DELETE",
      path: `/servers/${server}`,
      status: refusal,
      code,
    });
    expect((await lab.delete(`/servers/${server}`)).status).toBe(refusal);
    await checks().start(false);
    expect(await status()).toBe("running");
  });

  it("says what Hetzner refuses where it cannot be started", async () => {
    const server = await make.server();
    await act(`/servers/${server}/actions/poweroff`);
    await lab.call("POST", "/lab/faults", { method: "POST", status: 423, code: "locked" });
    expect(await answerOf(checks().start(false))).toMatch(
      /Hetzner refuses POST \/servers\/\d+\/actions\/poweron: 423/,
    );
  });
});

describe("a volume that somebody has made larger by hand", () => {
  const resize = (was: number, is: number): Promise<string> => answerOf(checks().beforeResize({ was, is }));

  it("is what Pulumi has to hear of, in place of an error of each resize", async () => {
    const volume = await make.volume(20);
    expect(await resize(20, 40)).toBe("let by");
    await act(`/volumes/${volume}/actions/resize`, { size: 40 });
    expect(await resize(20, 40)).toMatch(
      /has 40 GB at Hetzner, and .*volumeGiB is 40\. Somebody .*pulumi refresh --stack prod/,
    );
    expect(await resize(20, 30)).toMatch(
      /never shrinks, so keep it: .*host\.volumeGiB 40\. Somebody .*refresh/,
    );
    expect(await resize(40, 20)).toMatch(
      /volumeGiB is 20\. A volume never shrinks, so keep it: .*host\.volumeGiB 40\.\n/,
    );
    expect(await resize(20, 50)).toBe("let by");
  });
});
