/**
 * Hetzner's own Python client works with the emulator: it makes everything that the product makes, waits by its own means,
 * changes and removes it, and takes refusals for what they are. Each answer is held against the description on its way.
 */
import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { pythonTools } from "../../../../tools/lint/python-tools";
import { Harness, tokens } from "../harness";

const tools = pythonTools(join(__dirname, "requirements.txt"));
if (!("bin" in tools))
  console.warn(`HETZNER'S CLIENT DOES NOT RUN: nothing comes from PyPI: ${tools.problem}`);
const withClient = "bin" in tools ? it : it.skip;

/** What lifecycle.py has seen. */
const expected = {
  "server type refused": "invalid_input",
  server: {
    ...{ status: "running", type: "cx23", image: "debian-12", location: "fsn1", created: true },
    ...{
      "same address": true,
      ipv6: "2001:db8:c1a0:1::",
      firewalls: [["claw", "applied"]],
      volumes: ["claw"],
    },
    protection: { delete: false, rebuild: false },
  },
  "by label": ["claw"],
  nobody: null,
  rules: [
    ["tcp", "22", null],
    ["icmp", null, "ping"],
  ],
  "applied to": [true],
  pages: [[7, 7, 6], true],
  locations: ["eu-central", "eu-central", "eu-central"],
  retired: ["x86", 3, 2025],
  image: "debian",
  "change running": "server_not_stopped",
  off: "off",
  changed: ["cx33", 80],
  on: "running",
  detached: null,
  attached: [true, 20, true],
  errors: {
    name: "uniqueness_error",
    key: "uniqueness_error",
    gone: "not_found",
    token: "unauthorized",
    "attached volume": "volume_already_attached",
    "second attachment": "volume_already_attached",
    "firewall in use": "resource_in_use",
    "address in use": "must_be_unassigned",
    "unknown firewall": "firewall_resource_not_found",
    "small volume": "invalid_input",
    protected: "protected",
    locked: "locked",
    resource_limit_exceeded: "resource_limit_exceeded",
    resource_unavailable: "resource_unavailable",
    limited: "rate_limit_exceeded",
  },
  limited: "no error",
  conflict: "no error",
  failed: "action_failed",
  left: [0, 0, 0, 0, 0],
};

/** Hands on to the harness, which takes no answer that is not described. */
function relay(lab: Harness, undescribed: string[]): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
      lab
        .call(request.method ?? "", request.url ?? "", text === "" ? undefined : JSON.parse(text), token)
        .then(({ status, body }) => {
          response.writeHead(status, { "content-type": "application/json" });
          response.end(body === undefined ? "" : JSON.stringify(body));
        })
        .catch((error: unknown) => {
          undescribed.push(String(error));
          response.writeHead(500).end();
        });
    });
  });
}

withClient(
  "Hetzner's own Python client works with the emulator",
  async () => {
    const lab = new Harness();
    const undescribed: string[] = [];
    const between = relay(lab, undescribed);
    const shown = jest.spyOn(console, "error").mockImplementation();
    await lab.start();
    try {
      const boot = lab.machines.boot.bind(lab.machines);
      lab.machines.boot = (spec) =>
        spec.name === "broken" ? Promise.reject(new Error("no room")) : boot(spec);
      await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
      const endpoint = `http://127.0.0.1:${(between.address() as AddressInfo).port}`;
      const python = join("bin" in tools ? tools.bin : "", "python");
      const { stdout } = await promisify(execFile)(python, [
        join(__dirname, "lifecycle.py"),
        endpoint,
        tokens.write,
      ]).catch((error: Error & { stderr?: string }) => {
        throw new Error([...undescribed, error.stderr ?? error.message].join("\n"));
      });
      expect(undescribed).toEqual([]);
      expect(JSON.parse(stdout)).toEqual(expected);
      expect(lab.machines.machines.size).toBe(0);
    } finally {
      between.closeAllConnections();
      between.close();
      await lab.stop();
      shown.mockRestore();
    }
  },
  60_000,
);
