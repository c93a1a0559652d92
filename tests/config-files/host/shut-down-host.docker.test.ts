/** A host that is asked to go off: gateways have drained, containers have ended, the volume is clean, and it is off. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostTools } from "../../../config-files/host/tools";
import { labBaseRef } from "../../../lab/images/lab-base";
import { docker } from "../../../lab/lib/docker";
import { attempt, run } from "../../../lab/lib/exec";
import * as vps from "../../../lab/vps/stand-in";

jest.setTimeout(180_000);
const name = `rest-${process.pid}`;
const standIn = `clawkeep-vps-${name}`;
const volumeId = 9_600_000 + process.pid;
const device = `/dev/disk/by-id/scsi-0HC_Volume_${volumeId}`;
const lab = mkdtempSync(join(tmpdir(), "clawkeep-rest-test-"));
const state = "/opt/openclaw/gateways/gw/state";
const volume = "/opt/openclaw/volume";
const asked = "/opt/openclaw/bin/shut-down-host";

const tryInside = (command: string): ReturnType<typeof attempt> =>
  attempt("docker", ["exec", "--interactive", standIn, "bash", "-c", command], { timeoutSeconds: 120 });
const inside = (command: string, input = ""): Promise<string> =>
  docker(["exec", "--interactive", standIn, "bash", "-ec", command], { input });

/** Its gateway takes a second to end, its container says when it was asked to. Neither syncs. */
const unit = `[Service]
ExecStart=/bin/sleep infinity
ExecStop=/bin/sh -c 'sleep 1; seq 1000 >${state}/drained'
`;
const ending = `process.on("SIGTERM", () => { require("fs").writeFileSync("/v/ended", "x".repeat(9000)); process.exit(0); });
  setInterval(() => {}, 1000); console.log("up");`;

async function mountAll(): Promise<void> {
  await inside(`until systemctl is-system-running --wait | grep -qE 'running|degraded'; do sleep 0.2; done
    mkdir -p ${volume} ${state}; mount ${device} ${volume}; mount -o loop ${volume}/state.ext4 ${state}`);
}

async function work(image: string): Promise<void> {
  await inside(`systemctl daemon-reload; systemctl start openclaw-gateway@gw.service
    docker run --detach --restart unless-stopped --name other --volume ${volume}:/v ${image} node -e '${ending}'
    until docker logs other | grep -q up; do sleep 0.2; done`);
}

const written = (): Promise<string> =>
  inside(`wc -c <${state}/drained; wc -c <${volume}/ended; rm ${state}/drained ${volume}/ended`);
const comesBack = (): Promise<string> =>
  inside(`until docker inspect other --format '{{.State.Running}}' | grep -q true; do sleep 0.2; done
    docker rm --force other`);
let image: string;

beforeAll(async () => {
  process.env["CLAWKEEP_LAB"] = lab;
  await run(join(__dirname, "../../../lab/engine/up.sh"), []);
  image = await labBaseRef();
  await vps.boot({ name, ipv4: "103.22.206.232", disk: "warm", authorizedKeys: [] });
  await vps.attachVolume(name, volumeId, 1);
  await inside("mkdir -p /opt/openclaw/bin; bash -s -- /opt/openclaw/bin", hostTools());
  await inside("cat >/etc/systemd/system/openclaw-gateway@.service", unit);
  await inside(`until systemctl is-system-running --wait | grep -qE 'running|degraded'; do sleep 0.2; done
    mkdir -p ${volume}; mkfs.ext4 -q ${device}; mount ${device} ${volume}; fallocate -l 64M ${volume}/state.ext4
    mkfs.ext4 -q -F ${volume}/state.ext4; umount ${volume}`);
  await run("sh", ["-c", `docker save ${image} | docker exec --interactive ${standIn} docker load`]);
  await mountAll();
});

afterAll(async () => {
  await vps.destroy(name);
  await vps.deleteVolume(volumeId);
  rmSync(lab, { recursive: true, force: true });
});

test("a power cut right after it loses nothing, and everything comes back with the next boot", async () => {
  await work(image);
  const { code, stderr } = await tryInside(`${asked} rest; findmnt --list -no TARGET | grep /opt/openclaw`);
  expect([code, stderr]).toEqual([1, "shut-down-host: at rest, everything is on the disks\n"]);
  await vps.power(name, "off");
  await vps.power(name, "on");
  await mountAll();
  expect(await written()).toBe("3893\n9000\n");
  await comesBack();
});

test("with an engine that keeps containers without its daemon, they end and come back as well", async () => {
  await inside(
    `mkdir -p /etc/docker; echo '{"live-restore": true}' >/etc/docker/daemon.json; systemctl restart docker`,
  );
  await work(image);
  expect((await tryInside(`${asked} rest`)).stderr).toBe(
    "shut-down-host: at rest, everything is on the disks\n",
  );
  await vps.power(name, "off");
  await vps.power(name, "on");
  await mountAll();
  expect(await written()).toBe("3893\n9000\n");
  await comesBack();
});

test("what does not end by itself is ended, a busy volume is said; it goes off all the same", async () => {
  await inside(`docker run --detach --name deaf --volume ${volume}:/v ${image} node -e 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'
    systemctl start openclaw-gateway@gw.service; (cd ${volume}; setsid sleep 600 >/dev/null 2>&1 </dev/null &)`);
  const { stderr } = await tryInside(asked);
  expect(stderr).toMatch(/ended with 32: umount \/opt\/openclaw\/volume\n.*at rest/s);
  const deadline = Date.now() + 60_000;
  while (await vps.isOn(name)) {
    if (Date.now() > deadline) throw new Error("still on after a minute");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await vps.power(name, "on");
  await mountAll();
  expect(await inside(`wc -c <${state}/drained`)).toBe("3893\n");
});
