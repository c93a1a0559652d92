/**
 * The emulator answers what Hetzner's own description of its API says. Every answer that a test gets through the harness is
 * held against it there; here each operation is called once, and the measure itself is tried.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { extract, extractFile, readDescription, served } from "../../../lab/hetzner/description/extract";
import { repoDir } from "../../../lab/lib/paths";
import { deviations, DescriptionCheck } from "./description";
import { Harness } from "./harness";

const whole =
  process.env["CLAWKEEP_HCLOUD_DESCRIPTION"] ?? join(repoDir, "../shared/specs/hcloud-openapi.json");
const check = new DescriptionCheck();
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl lab";

it("what is committed of the description is what the whole file says", () => {
  const committed = readDescription(extractFile);
  expect(Object.keys(committed.paths).length).toBeGreaterThan(20);
  if (existsSync(whole)) expect(extract(readDescription(whole))).toEqual(committed);
  else
    console.warn(
      `THE WHOLE DESCRIPTION IS NOT HERE (${whole}, CLAWKEEP_HCLOUD_DESCRIPTION): answers are held against the committed part alone`,
    );
});

describe("an answer is found out", () => {
  const answered = {
    id: 1,
    name: "a",
    fingerprint: "f",
    public_key: "k",
    labels: {},
    created: "2026-01-01T00:00:00Z",
  };
  const problems = (body: unknown, status = 200, method = "GET"): string[] =>
    check.problems({ method, path: "/ssh_keys/1", status, body });

  it("unless it is as described", () => expect(problems({ ssh_key: answered })).toEqual([]));
  it("for what is missing", () =>
    expect(problems({ ssh_key: { ...answered, labels: undefined } })).toEqual([
      "/ssh_key must have required property 'labels' [\"labels\"]",
    ]));
  it("for what is too much", () =>
    expect(problems({ ssh_key: { ...answered, type: "rsa" } })).toEqual([
      '/ssh_key must NOT have additional properties ["type"]',
    ]));
  it("for another type, another date, another label", () => {
    const wrong = { ...answered, id: "1", created: "yesterday", labels: { a: "b c" } };
    expect(problems({ ssh_key: wrong })).toHaveLength(3);
  });
  it("for null where it may not be", () =>
    expect(problems({ ssh_key: { ...answered, name: null } })).toHaveLength(1));
  it("for a status or a body that is not described", () => {
    expect(problems({ ssh_key: answered }, 201)).toEqual(["status 201 is not described"]);
    expect(problems({}, 204, "DELETE")).toEqual(["has a body, and is described without"]);
    expect(problems(undefined, 204, "DELETE")).toEqual([]);
  });
  it("for an error without its code", () => {
    expect(problems({ error: { message: "no" } }, 404)).toHaveLength(1);
    expect(problems({ error: { code: "not_found", message: "no", details: {} } }, 404)).toEqual([]);
  });
  it("for a request that it should not have granted, and for no other", () => {
    const asking = (asked: object, status: number, body: object): string[] =>
      check.problems({ method: "POST", path: "/ssh_keys", asked, status, body });
    expect(asking({ name: "a", public_key: "k" }, 201, { ssh_key: answered })).toEqual([]);
    expect(asking({ name: "a", key: "k" }, 201, { ssh_key: answered })).toHaveLength(2);
    const refusal = { error: { code: "invalid_input", message: "no", details: {} } };
    expect(asking({ name: "a" }, 422, refusal)).toEqual([]);
  });
});

it("every operation that the emulator serves is answered as described", async () => {
  const lab = new Harness();
  await lab.start();
  try {
    const act = async (path: string, body?: object): Promise<void> =>
      void (await lab.settle(await lab.post(path, body)));
    const made = await lab.post("/ssh_keys", { name: "a", public_key: key, labels: { x: "y" } });
    const { server, firewall, ip, volume } = await lab.fixture();
    // As the provider, and as Hetzner's clients of today, ask.
    await lab.createServer("numbered", { image: 114690387 });
    await lab.post("/primary_ips", { name: "spare", type: "ipv4", location: "fsn1" });
    const ids = {
      ssh_keys: made.body.ssh_key.id,
      firewalls: firewall,
      primary_ips: ip,
      volumes: volume,
      servers: server,
    };
    await lab.get(`/actions/${(await lab.post(`/servers/${server}/actions/enable_backup`)).body.action.id}`);
    for (const resource of ["images", "locations", "server_types"]) {
      const listed = (await lab.get(`/${resource}`)).body[resource] as { id: number }[];
      for (const { id } of listed) await lab.get(`/${resource}/${id}`);
    }
    for (const [resource, id] of Object.entries(ids)) {
      await lab.get(`/${resource}`);
      await lab.get(`/${resource}/${id}`);
      await lab.put(`/${resource}/${id}`, { name: "renamed", labels: { a: "b" } });
    }
    for (const action of ["disable_backup", "shutdown", "reboot", "reset", "poweroff", "poweron"])
      await act(`/servers/${server}/actions/${action}`);
    await act(`/servers/${server}/actions/rebuild`, { image: "debian-12" });
    await act(`/servers/${server}/actions/poweroff`);
    await act(`/servers/${server}/actions/change_type`, { server_type: "cx33", upgrade_disk: true });
    await act(`/servers/${server}/actions/change_protection`, { delete: false, rebuild: false });
    const resource = [{ type: "server", server: { id: server } }];
    const icmp = { direction: "in", protocol: "icmp", source_ips: ["0.0.0.0/0"], description: "ping" };
    await act(`/firewalls/${firewall}/actions/set_rules`, { rules: [icmp] });
    await lab.get(`/firewalls/${firewall}`);
    await act(`/firewalls/${firewall}/actions/remove_from_resources`, { remove_from: resource });
    await act(`/firewalls/${firewall}/actions/apply_to_resources`, { apply_to: resource });
    await act(`/volumes/${volume}/actions/resize`, { size: 20 });
    await act(`/volumes/${volume}/actions/detach`);
    await act(`/volumes/${volume}/actions/attach`, { server });
    for (const each of ["volumes", "primary_ips"] as const)
      await act(`/${each}/${ids[each]}/actions/change_protection`, { delete: false });
    for (const each of ["servers", "volumes", "firewalls", "primary_ips", "ssh_keys"] as const)
      await lab.settle(await lab.delete(`/${each}/${ids[each]}`));

    const done = lab.exchanges
      .filter(({ status }) => status < 300)
      .map((exchange) => check.operation(exchange));
    expect([...new Set(done)].sort()).toEqual([...served].sort());
    const found = lab.exchanges.flatMap((exchange) => check.problems(exchange));
    // What no answer shows any more is no deviation.
    for (const { problem } of deviations) expect(found).toContainEqual(expect.stringMatching(problem));
  } finally {
    await lab.stop();
  }
}, 60_000);
