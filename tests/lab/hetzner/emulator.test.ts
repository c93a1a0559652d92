import * as fs from "node:fs";
import * as path from "node:path";
import { Harness, tokens } from "./harness";

const sshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl lab";
let lab: Harness;

// Many requests each, on a core that others use too.
jest.setTimeout(30_000);

beforeEach(async () => {
  lab = new Harness();
  await lab.start();
});
afterEach(() => lab.stop());

describe("rules of every call", () => {
  it("refuses unknown tokens, and lets a read-only one read only", async () => {
    expect((await lab.call("GET", "/v1/servers", undefined, "nobody")).status).toBe(401);
    expect((await lab.call("GET", "/v1/servers", undefined, tokens.read)).status).toBe(200);
    const refused = await lab.call("POST", "/v1/ssh_keys", { name: "a", public_key: sshKey }, tokens.read);
    expect(refused).toMatchObject({ status: 403, body: { error: { code: "token_readonly" } } });
  });

  it("lists actions by their ids alone, all on one page", async () => {
    const { body } = await lab.createServer("a");
    const ids = [body.action.id, body.next_actions[0].id];
    const listed = await lab.get(`/actions?${ids.map((id) => `id=${id}`).join("&")}&per_page=1`);
    expect(listed.body).toEqual({ actions: ids.map((id) => expect.objectContaining({ id })) });
    const all = await lab.get("/actions");
    expect(all).toMatchObject({ status: 410, body: { error: { code: "deprecated_api_endpoint" } } });
  });

  it("answers errors with code, message and details", async () => {
    const { status, body } = await lab.get("/servers/7");
    expect(status).toBe(404);
    expect(body.error).toEqual({ code: "not_found", message: "server with ID '7' not found", details: {} });
    expect((await lab.get("/load_balancers")).body.error.message).toContain("has no GET /load_balancers");
    expect((await lab.post("/ssh_keys", {})).body.error.details.fields[0].name).toBe("name");
  });

  it("filters lists by name and label, and pages them", async () => {
    for (const n of [1, 2, 3]) {
      await lab.post("/volumes", { name: `v${n}`, size: 10, location: "fsn1", labels: { n: `${n}` } });
    }
    expect((await lab.get("/volumes?name=v2")).body.volumes).toHaveLength(1);
    expect((await lab.get("/volumes?name=none")).body.volumes).toEqual([]);
    expect((await lab.get("/volumes?label_selector=n!=2")).body.volumes).toHaveLength(2);
    const page = await lab.get("/volumes?per_page=2&page=2");
    expect(page.body.volumes).toHaveLength(1);
    expect(page.body.meta.pagination).toMatchObject({ page: 2, next_page: null, total_entries: 3 });
  });

  it("logs calls without user data", async () => {
    await lab.createServer("a", { user_data: "#cloud-config secret" });
    const log = fs.readFileSync(path.join(lab.labDir, "logs/hetzner.jsonl"), "utf8");
    const create = log
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .find((entry) => entry.method === "POST");
    expect(create).toMatchObject({ path: "/v1/servers", status: 201 });
    expect(create.keys).toContain("user_data");
    expect(log).not.toContain("secret");
  });
});

describe("SSH keys", () => {
  it("are unique by name and by key, and carry the MD5 fingerprint", async () => {
    const made = await lab.post("/ssh_keys", { name: "a", public_key: sshKey, labels: { x: "y" } });
    expect(made.status).toBe(201);
    expect(made.body.ssh_key).toMatchObject({ name: "a", public_key: sshKey, labels: { x: "y" } });
    expect(made.body.ssh_key.fingerprint).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
    const again = await lab.post("/ssh_keys", { name: "b", public_key: sshKey });
    expect(again).toMatchObject({ status: 409, body: { error: { code: "uniqueness_error" } } });
    expect((await lab.post("/ssh_keys", { name: "c", public_key: "ssh-ed25519 xx" })).status).toBe(422);
    expect((await lab.delete(`/ssh_keys/${made.body.ssh_key.id}`)).status).toBe(204);
  });
});

describe("servers", () => {
  it("are answered while their actions run, and are up when the actions are done", async () => {
    const created = await lab.post("/servers", {
      name: "a",
      server_type: "cx23",
      image: 114690387,
      public_net: { enable_ipv4: true, enable_ipv6: true },
    });
    expect(created.status).toBe(201);
    expect(created.body.action).toMatchObject({ status: "running", command: "create_server" });
    expect(created.body.next_actions[0].status).toBe("running");
    await lab.settle(created);
    const { server } = (await lab.get(`/servers/${created.body.server.id}`)).body;
    expect(server).toMatchObject({
      status: "running",
      server_type: { name: "cx23" },
      image: { name: "debian-12" },
      location: { name: "fsn1" },
      primary_disk_size: 40,
      public_net: { ipv4: { ip: "103.22.205.10" }, ipv6: { ip: "2001:db8:c1a0:1::/64" }, firewalls: [] },
    });
    expect(lab.machines.get("a").spec).toMatchObject({ ipv4: "103.22.205.10" });
  });

  it("refuses a name that is taken or is no hostname, and what it does not emulate", async () => {
    await lab.createServer("a");
    expect((await lab.createServer("a")).status).toBe(409);
    expect((await lab.createServer("under_score")).status).toBe(422);
    expect((await lab.createServer("b", { networks: [1] })).body.error.message).toContain("does not do this");
    expect((await lab.createServer("b", { server_type: "cx9" })).status).toBe(422);
    const retired = await lab.createServer("b", { server_type: "cx32" });
    expect(retired.body.error.message).toContain("unsupported location for server type");
  });

  it("reports a machine that does not boot as a failed action", async () => {
    const shown = jest.spyOn(console, "error").mockImplementation();
    lab.machines.bootError = new Error("no room");
    const created = await lab.createServer("a");
    const action = await lab.get(`/actions/${created.body.action.id}`);
    expect(action.body.action).toMatchObject({ status: "error", error: { message: "no room" } });
    expect(shown).toHaveBeenCalledWith("create_server failed:", expect.any(Error));
    shown.mockRestore();
  });

  it("keep the address of their primary IP when replaced, and get another one without", async () => {
    const { server, ip } = await lab.fixture();
    const address = lab.machines.get("prod").spec.ipv4;
    const bound = { assignee_id: server, assignee_type: "server" };
    expect((await lab.get(`/primary_ips/${ip}`)).body.primary_ip).toMatchObject(bound);
    await lab.settle(await lab.delete(`/servers/${server}`));
    const free = { assignee_id: null, assignee_type: "unassigned" };
    expect((await lab.get(`/primary_ips/${ip}`)).body.primary_ip).toMatchObject(free);
    const again = await lab.createServer("prod", {
      public_net: { enable_ipv4: true, enable_ipv6: true, ipv4: ip },
    });
    expect(lab.machines.get("prod").spec.ipv4).toBe(address);
    expect(again.body.server.public_net.ipv6.ip).toBe("2001:db8:c1a0:2::/64");
    const taken = await lab.createServer("other", { public_net: { ipv4: ip } });
    expect(taken.body.error.code).toBe("primary_ip_assigned");
  });

  it("set free what was bound to them when deleted, and take their automatic addresses along", async () => {
    const { server, firewall, volume } = await lab.fixture();
    expect(await lab.delete(`/firewalls/${firewall}`)).toMatchObject({
      status: 422,
      body: { error: { code: "resource_in_use" } },
    });
    const deleted = await lab.settle(await lab.delete(`/servers/${server}`));
    expect(deleted).toMatchObject({ status: 200, body: { action: { command: "delete_server" } } });
    expect(lab.machines.machines.size).toBe(0);
    expect((await lab.get(`/firewalls/${firewall}`)).body.firewall.applied_to).toEqual([]);
    expect((await lab.get(`/volumes/${volume}`)).body.volume.server).toBeNull();
    expect((await lab.get("/primary_ips")).body.primary_ips).toHaveLength(1);
    expect((await lab.delete(`/firewalls/${firewall}`)).status).toBe(204);
  });

  it("are not deleted or rebuilt while protected", async () => {
    const { server } = await lab.fixture();
    const half = await lab.post(`/servers/${server}/actions/change_protection`, { delete: true });
    expect(half.status).toBe(422);
    await lab.settle(
      await lab.post(`/servers/${server}/actions/change_protection`, { delete: true, rebuild: true }),
    );
    expect(await lab.delete(`/servers/${server}`)).toMatchObject({
      status: 403,
      body: { error: { code: "protected" } },
    });
    expect((await lab.post(`/servers/${server}/actions/rebuild`, { image: "debian-12" })).status).toBe(403);
    expect((await lab.get(`/servers/${server}`)).body.server.protection).toEqual({
      delete: true,
      rebuild: true,
    });
  });

  it("change type only when off, and run again afterwards", async () => {
    const { server } = await lab.fixture();
    const change = { server_type: "cx33", upgrade_disk: true };
    const early = await lab.post(`/servers/${server}/actions/change_type`, change);
    expect(early.body.error.code).toBe("server_not_stopped");
    await lab.settle(await lab.post(`/servers/${server}/actions/poweroff`));
    expect(lab.machines.get("prod").running).toBe(false);
    await lab.settle(await lab.post(`/servers/${server}/actions/change_type`, change));
    const now = (await lab.get(`/servers/${server}`)).body.server;
    expect(now).toMatchObject({ status: "running", server_type: { name: "cx33" } });
    await lab.settle(await lab.post(`/servers/${server}/actions/poweroff`));
    const smaller = await lab.post(`/servers/${server}/actions/change_type`, {
      server_type: "cx23",
      upgrade_disk: false,
    });
    expect(smaller.body.error.code).toBe("invalid_server_type");
  });

  it("keep a disk that is not to grow, and with it the way back to the smaller type", async () => {
    const { server } = await lab.fixture();
    const change = async (server_type: string, more: object) => {
      await lab.settle(await lab.post(`/servers/${server}/actions/poweroff`));
      return lab.settle(await lab.post(`/servers/${server}/actions/change_type`, { server_type, ...more }));
    };
    expect((await change("cx33", {})).body.error.code).toBe("invalid_input");
    expect((await change("cx32", { upgrade_disk: false })).body.error.code).toBe("invalid_server_type");
    expect((await change("cx9", { upgrade_disk: false })).body.error.code).toBe("invalid_input");
    expect((await change("cx33", { upgrade_disk: false })).status).toBe(201);
    expect((await lab.get(`/servers/${server}`)).body.server.primary_disk_size).toBe(40);
    expect((await change("cx23", { upgrade_disk: false })).status).toBe(201);
    expect((await change("cx33", { upgrade_disk: true })).status).toBe(201);
    expect((await lab.get(`/servers/${server}`)).body.server.primary_disk_size).toBe(80);
  });

  it("are asked to shut down: the action says that they were asked, the status that they are off", async () => {
    const { server } = await lab.fixture();
    const status = async (): Promise<string> =>
      (await lab.get(`/servers/${server}`)).body.server.status as string;
    lab.machines.get("prod").frozen = true;
    const asked = await lab.settle(await lab.post(`/servers/${server}/actions/shutdown`));
    expect(asked.body.action.command).toBe("shutdown_server");
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await status()).toBe("running");
    lab.machines.get("prod").frozen = false;
    await lab.settle(await lab.post(`/servers/${server}/actions/shutdown`));
    expect(await status()).toBe("running");
    for (let tries = 0; (await status()) === "running" && tries < 40; tries++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect([await status(), lab.machines.get("prod").running]).toEqual(["off", false]);
  });

  it("are rebuilt on the same address with volume and firewall", async () => {
    const { server, volume } = await lab.fixture();
    await lab.settle(await lab.post(`/servers/${server}/actions/rebuild`, { image: "debian-13" }));
    const machine = lab.machines.get("prod");
    expect(machine.boots).toBe(1);
    expect([...machine.volumes]).toEqual([volume]);
    expect(machine.rules).toHaveLength(1);
    expect((await lab.get(`/servers/${server}`)).body.server.image.name).toBe("debian-13");
  });

  it("get the disk that the lab has set for the next ones", async () => {
    await lab.createServer("a");
    expect((await lab.call("PUT", "/lab/disk", { disk: "warm" })).status).toBe(200);
    await lab.createServer("b");
    expect((await lab.call("PUT", "/lab/disk", { disk: "furnished" })).status).toBe(422);
    await lab.restart();
    await lab.createServer("c");
    const disks = ["a", "b", "c"].map((name) => lab.machines.get(name).spec.disk);
    expect(disks).toEqual(["bare", "warm", "warm"]);
  });

  it("are renamed without touching the machine, whose name is then not given twice", async () => {
    const { server } = await lab.fixture();
    await lab.put(`/servers/${server}`, { name: "old" });
    const { body } = await lab.createServer("prod");
    expect(lab.machines.get("prod").boots).toBe(1);
    expect(lab.machines.get(`prod-${body.server.id}`).running).toBe(true);
  });
});

describe("firewalls", () => {
  it("hand the inbound rules of all of a server's firewalls to its machine", async () => {
    const { server, firewall } = await lab.fixture();
    const ssh = { protocol: "tcp", port: "9922", sourceIps: ["103.22.207.254/32"] };
    expect(lab.machines.get("prod").rules).toEqual([ssh]);
    const rules = [
      { direction: "in", protocol: "tcp", port: "any", source_ips: ["0.0.0.0/0", "::/0"] },
      { direction: "out", protocol: "tcp", port: "25", destination_ips: ["0.0.0.0/0"] },
    ];
    await lab.settle(await lab.post(`/firewalls/${firewall}/actions/set_rules`, { rules }));
    expect(lab.machines.get("prod").rules).toEqual([{ protocol: "tcp", sourceIps: ["0.0.0.0/0", "::/0"] }]);
    const resource = [{ type: "server", server: { id: server } }];
    await lab.settle(
      await lab.post(`/firewalls/${firewall}/actions/remove_from_resources`, { remove_from: resource }),
    );
    expect(lab.machines.get("prod").rules).toBeUndefined();
    const apply = `/firewalls/${firewall}/actions/apply_to_resources`;
    await lab.settle(await lab.post(apply, { apply_to: resource }));
    expect((await lab.post(apply, { apply_to: resource })).body.error.code).toBe("firewall_already_applied");
    expect((await lab.get(`/firewalls/${firewall}`)).body.firewall.applied_to).toEqual(resource);
  });

  it("say which server they do not find", async () => {
    const nobody = [{ type: "server", server: { id: 7 } }];
    const { firewall } = await lab.fixture();
    const code = "firewall_resource_not_found";
    const created = await lab.post("/firewalls", { name: "f", rules: [], apply_to: nobody });
    expect(created).toMatchObject({ status: 422, body: { error: { code } } });
    const apply = `/firewalls/${firewall}/actions/apply_to_resources`;
    expect(await lab.post(apply, { apply_to: nobody })).toMatchObject({
      status: 404,
      body: { error: { code } },
    });
  });

  it("refuse rules that are not complete", async () => {
    const create = (rule: object) =>
      lab.post("/firewalls", { name: "f", rules: [{ direction: "in", ...rule }] });
    const source_ips = ["0.0.0.0/0"];
    expect((await create({ protocol: "tcp", source_ips })).status).toBe(422);
    expect((await create({ protocol: "icmp", port: "1", source_ips })).status).toBe(422);
    expect((await create({ protocol: "tcp", port: "22", source_ips: ["1.2.3.4"] })).status).toBe(422);
    expect((await create({ protocol: "tcp", port: "22" })).status).toBe(422);
    const many = (count: number) => Array(count).fill({ direction: "in", protocol: "icmp", source_ips });
    expect((await lab.post("/firewalls", { name: "m", rules: many(51) })).status).toBe(422);
    expect((await lab.post("/firewalls", { name: "m", rules: many(50) })).status).toBe(201);
    const from = (count: number): object => ({
      ...{ direction: "in", protocol: "icmp" },
      source_ips: Array.from({ length: count }, (_, n) => `203.0.113.${n}/32`),
    });
    expect((await lab.post("/firewalls", { name: "n", rules: [from(101)] })).status).toBe(422);
    expect((await lab.post("/firewalls", { name: "n", rules: [from(100)] })).status).toBe(201);
    const made = await create({ protocol: "icmp", source_ips });
    expect(made.status).toBe(201);
    expect(made.body.firewall.rules).toMatchObject([{ protocol: "icmp", port: null }]);
  });
});

describe("volumes and primary IPs", () => {
  it("attach once, in the server's location, and are not deleted while attached or protected", async () => {
    const { server, volume } = await lab.fixture();
    const attached = (await lab.get(`/volumes/${volume}`)).body.volume;
    expect(attached).toMatchObject({
      server,
      linux_device: `/dev/disk/by-id/scsi-0HC_Volume_${volume}`,
      size: 10,
    });
    const again = await lab.post(`/volumes/${volume}/actions/attach`, { server });
    expect(again.body.error.code).toBe("volume_already_attached");
    expect((await lab.delete(`/volumes/${volume}`)).status).toBe(422);
    await lab.settle(await lab.post(`/volumes/${volume}/actions/detach`));
    await lab.post(`/volumes/${volume}/actions/change_protection`, { delete: true });
    expect((await lab.delete(`/volumes/${volume}`)).body.error.code).toBe("protected");
    await lab.post(`/volumes/${volume}/actions/change_protection`, { delete: false });
    expect((await lab.delete(`/volumes/${volume}`)).status).toBe(204);
    const far = await lab.post("/volumes", { name: "far", size: 10, location: "hel1" });
    expect((await lab.post(`/volumes/${far.body.volume.id}/actions/attach`, { server })).status).toBe(422);
  });

  it("stay bound to a server that is deleted until its machine is gone", async () => {
    const { server, volume, ip } = await lab.fixture();
    let goes = (): void => undefined;
    lab.machines.mayGo = new Promise((resolve) => (goes = resolve));
    const deleted = await lab.delete(`/servers/${server}`);
    expect((await lab.get(`/volumes/${volume}`)).body.volume.server).toBe(server);
    expect((await lab.delete(`/volumes/${volume}`)).status).toBe(422);
    const other = (await lab.createServer("other")).body.server.id;
    const attach = () => lab.post(`/volumes/${volume}/actions/attach`, { server: other });
    expect((await attach()).body.error.code).toBe("volume_already_attached");
    expect((await lab.delete(`/primary_ips/${ip}`)).body.error.code).toBe("must_be_unassigned");
    goes();
    await lab.settle(deleted);
    expect((await lab.get(`/volumes/${volume}`)).body.volume.server).toBeNull();
    expect((await attach()).status).toBe(201);
    expect((await lab.delete(`/primary_ips/${ip}`)).status).toBe(204);
  });

  it("have names and labels of the API's own form", async () => {
    const create = async (more: object) =>
      (await lab.post("/volumes", { name: "v", size: 10, location: "fsn1", ...more })).status;
    for (const name of ["-a", "a.", "a b", "ä", "a".repeat(65)]) expect(await create({ name })).toBe(422);
    for (const value of ["a b", "-a", "a".repeat(64), "a/b", 1])
      expect(await create({ labels: { key: value } })).toBe(422);
    for (const key of ["", "a b", "/a", "a/b/c", "A_/b", "a/"])
      expect(await create({ labels: { [key]: "" } })).toBe(422);
    const labels = { "example.com/managed-by": "Claw_keep.1", empty: "" };
    expect(await create({ name: "a.b_c-D", labels })).toBe(201);
    const { volume } = await lab.fixture();
    expect((await lab.put(`/volumes/${volume}`, { name: "-a" })).status).toBe(422);
  });

  it("a primary IP that goes with its server is not protected", async () => {
    const ip = { name: "a", type: "ipv4", assignee_type: "server", location: "fsn1", auto_delete: true };
    const { id } = (await lab.post("/primary_ips", ip)).body.primary_ip;
    const protect = () => lab.post(`/primary_ips/${id}/actions/change_protection`, { delete: true });
    expect((await protect()).status).toBe(422);
    await lab.put(`/primary_ips/${id}`, { auto_delete: false });
    expect((await protect()).status).toBe(201);
  });

  it("grow but never shrink", async () => {
    const { volume } = await lab.fixture();
    const resize = (size: number) => lab.post(`/volumes/${volume}/actions/resize`, { size });
    expect((await resize(5)).status).toBe(422);
    expect((await resize(10)).status).toBe(422);
    await lab.settle(await resize(20));
    expect(lab.machines.volumes.get(volume)).toBe(20);
  });

  it("a primary IP is not deleted while assigned or protected", async () => {
    const { server, ip } = await lab.fixture();
    expect((await lab.delete(`/primary_ips/${ip}`)).body.error.code).toBe("must_be_unassigned");
    await lab.settle(await lab.delete(`/servers/${server}`));
    await lab.post(`/primary_ips/${ip}/actions/change_protection`, { delete: true });
    expect((await lab.delete(`/primary_ips/${ip}`)).body.error.code).toBe("protected");
    await lab.post(`/primary_ips/${ip}/actions/change_protection`, { delete: false });
    expect((await lab.delete(`/primary_ips/${ip}`)).status).toBe(204);
  });
});

describe("faults and restarts", () => {
  it("answers the next calls with an injected fault, then works again", async () => {
    await lab.call("POST", "/lab/faults", { count: 2, status: 503, pathPrefix: "/servers" });
    expect((await lab.get("/volumes")).status).toBe(200);
    expect((await lab.get("/servers")).status).toBe(503);
    expect((await lab.post("/servers")).status).toBe(503);
    expect((await lab.get("/servers")).status).toBe(200);
    await lab.call("POST", "/lab/faults", { count: 1, status: 429 });
    expect((await lab.get("/servers")).body.error.code).toBe("rate_limit_exceeded");
    await lab.call("POST", "/lab/faults", { count: 1, status: "drop" });
    await expect(lab.get("/servers")).rejects.toThrow("fetch failed");
  });

  it("has the next action of a kind end in an error, once", async () => {
    await lab.call("POST", "/lab/actions", { command: "create_server", code: "server_error" });
    const { status, body } = await lab.createServer("a");
    const action = async (id: number): Promise<unknown> =>
      (await lab.get(`/actions?id=${id}`)).body.actions[0];
    expect([status, await action(body.action.id)]).toEqual([
      201,
      expect.objectContaining({
        status: "error",
        error: { code: "server_error", message: "injected by the lab" },
      }),
    ]);
    const next = await lab.createServer("b");
    expect(await action(next.body.action.id)).toMatchObject({ status: "success", error: null });
  });

  it("answers with the fault's own code, and after what was asked for is done", async () => {
    await lab.call("POST", "/lab/faults", { status: 412, code: "resource_unavailable" });
    expect(await lab.createServer("a")).toMatchObject({
      status: 412,
      body: { error: { code: "resource_unavailable" } },
    });
    expect((await lab.get("/servers")).body.servers).toEqual([]);
    await lab.call("POST", "/lab/faults", { status: "drop", done: true });
    await expect(lab.createServer("a")).rejects.toThrow("fetch failed");
    expect((await lab.get("/servers")).body.servers).toHaveLength(1);
  });

  it("sells out a type in one location, until it is to be had again", async () => {
    const stock = (available: boolean): Promise<unknown> =>
      lab.call("PUT", "/lab/stock", { serverType: "cx23", location: "fsn1", available });
    const available = async (): Promise<boolean[]> =>
      (
        (await lab.get("/server_types?name=cx23")).body.server_types[0].locations as { available: boolean }[]
      ).map((location) => location.available);
    await stock(false);
    expect(await available()).toEqual([false, true, true]);
    expect(await lab.createServer("a")).toMatchObject({
      status: 412,
      body: { error: { code: "resource_unavailable" } },
    });
    const { id } = (await lab.createServer("b", { server_type: "cpx22" })).body.server;
    await lab.settle(await lab.post(`/servers/${id}/actions/poweroff`));
    await lab.call("PUT", "/lab/stock", { serverType: "cx33", location: "fsn1", available: false });
    const change = { server_type: "cx33", upgrade_disk: false };
    expect((await lab.post(`/servers/${id}/actions/change_type`, change)).status).toBe(412);
    await stock(true);
    expect([await available(), (await lab.createServer("a")).status]).toEqual([[true, true, true], 201]);
    expect((await lab.call("PUT", "/lab/stock", { serverType: "cx23" })).status).toBe(422);
  });

  it("destroys a server out of band, whatever its protection", async () => {
    const { server } = await lab.fixture();
    await lab.post(`/servers/${server}/actions/change_protection`, { delete: true, rebuild: true });
    expect((await lab.call("POST", "/lab/servers/prod/destroy")).status).toBe(204);
    expect((await lab.get(`/servers/${server}`)).status).toBe(404);
    expect((await lab.get(`/servers?name=${server}`)).body.servers).toEqual([]);
    expect(lab.machines.machines.size).toBe(0);
  });

  it("boots stopped machines again after a restart, with volume and firewall, but not those powered off", async () => {
    const { server, volume } = await lab.fixture();
    const off = (await lab.createServer("off")).body.server.id;
    await lab.settle(await lab.post(`/servers/${off}/actions/poweroff`));
    lab.machines.machines.delete("prod");
    lab.machines.volumes.clear();
    await lab.restart();
    const machine = lab.machines.get("prod");
    expect(machine.running).toBe(true);
    expect([...machine.volumes]).toEqual([volume]);
    expect(machine.rules).toHaveLength(1);
    expect(lab.machines.get("off").running).toBe(false);
    expect((await lab.get(`/servers/${server}`)).body.server.status).toBe("running");
  });

  it("finishes after a restart what was being destroyed and what actions were running", async () => {
    await lab.fixture();
    const file = path.join(lab.labDir, "hetzner/state.json");
    await lab.restart();
    const state = JSON.parse(fs.readFileSync(file, "utf8"));
    state.doomedMachines = ["ghost"];
    state.actions[0].status = "running";
    await lab.machines.boot({ name: "ghost", ipv4: "103.22.205.99", disk: "bare", authorizedKeys: [] });
    fs.writeFileSync(file, JSON.stringify(state));
    await lab.restart();
    expect(lab.machines.machines.has("ghost")).toBe(false);
    expect((await lab.get(`/actions/${state.actions[0].id}`)).body.action.status).toBe("success");
  });
});
