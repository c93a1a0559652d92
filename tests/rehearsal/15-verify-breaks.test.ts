/** Each row of `make verify` fails when its thing is broken on the deployed stack, and holds again after. */
import { services as serviceTable, usersOf } from "../../config/services";
import { endpoints, zone } from "../../lab/internet/addresses";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { onVps } from "../../lab/rehearsal/vps";
import type { Row } from "../../tools/verify/row";
import { rowsOf } from "../../tools/verify/rows";
import { look, withStack } from "./looks";
import { eventually, services } from "./support";

jest.setTimeout(300_000);
beforeAll(enterLabEnvironment);
// The last mend starts the gateway anew, and its row holds before OpenClaw answers: what comes next finds it healthy.
afterAll(() =>
  eventually("every container to be healthy", 120, async () => {
    const results = await look((row) => row.name.endsWith(" is healthy"));
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results).toHaveLength(services.length);
  }),
);

interface Break {
  /** Rows that have to fail; all of them did hold before (15-verify.test.ts). */
  readonly rows: RegExp;
  /** What each of them has to say, by the row's name where they differ. */
  readonly because: RegExp | ((row: string) => RegExp);
  /** How many rows; at least one where it is absent. */
  readonly count?: number;
  readonly script: string;
  readonly mend: string;
}

const gatewayPid = "$(docker inspect --format '{{.State.Pid}}' openclaw)";
/** Puts another file in the place of one in the gateway's container, as only root on the host can. */
const overlay = (path: string, content: string): string =>
  `file=/tmp/verify-${content.length}; real=/proc/${gatewayPid}/root$file
printf '%s' '${content}' >$real; chown ${usersOf(0).gateway}:${usersOf(0).gateway} $real; chmod 0400 $real
nsenter -t ${gatewayPid} -m mount --bind $file ${path}`;
const anotherConfiguration = {
  gateway: { mode: "local", auth: { mode: "token", token: "x".repeat(64) } },
  agents: { defaults: { sandbox: { mode: "off" } } },
};
const workspaces = "/opt/openclaw/gateways/openclaw/sandboxes/workspaces";
/** Stands in LiteLLM's place and answers whatever it is asked: the rows have to notice that it is too kind. */
const kindLitellm = `require("http").createServer((_, answer) => answer.end(JSON.stringify({ data: [{ id: "any" }] }))).listen(4000); setTimeout(process.exit, 60000)`;
/** Stands in the relay's place: no bot is known to it. What else it is asked it does not answer, so that nobody gives up on it. */
const relay = serviceTable.relay;
const strangeRelay = `require("http").createServer((asked, answer) => asked.url.endsWith("/getMe") && answer.writeHead(401).end("{}")).listen(${relay.port}); setTimeout(process.exit, 60000)`;
const hostname = "assistant.example.org";
const caddyfile = `file=$(docker inspect --format '{{range .Mounts}}{{if eq .Destination "/etc/caddy"}}{{.Source}}{{end}}{{end}}' openclaw-caddy)/Caddyfile`;
/** And waits for the page, which needs no token. */
const restartCaddy = `docker restart -t 2 openclaw-caddy >/dev/null
for _ in $(seq 20); do
  timeout 3 openssl s_client -connect 127.0.0.1:443 -servername ${hostname} </dev/null >/dev/null 2>&1 && break
  sleep 1
done`;

const otherLimit = (name: string): number => 600 + services.indexOf(name);

const lastBackup = "/var/lib/clawkeep/backup/last.json";
const lastDaily = "/var/lib/clawkeep/backup/daily.json";
const lastVerified = "/var/lib/clawkeep/backups/verified.json";
const badBackup = {
  newest: { time: 0, size: 1 },
  failed: "the repository is locked",
  code: 11,
  repository: { snapshots: 9, oldest: "2020-01-01T00:00:00Z" },
  parts: { "openclaw/state": { "backup-collect": { failed: "too late" } } },
  spend: "no dump",
};

const breaks: Readonly<Record<string, Break>> = {
  // One after the other would wait half a minute each: after a pause Docker asks a container's health anew.
  "every container paused": {
    rows: /is healthy$|^LiteLLM (answers|reaches)|^with(out)? the token|^the spend/,
    because: /it is paused|timed? ?out|timeout|the answer is 5\d\d|not 401|cannot|paused/i,
    script: `docker pause ${services.join(" ")}`,
    mend: `docker unpause ${services.join(" ")}`,
  },
  "every container with another pids limit, each with one of its own": {
    rows: new RegExp(`^(${services.join("|")}) has its limits`),
    because: (row) => new RegExp(`pids limit .*${otherLimit(row.split(" ")[0] ?? "")}`, "s"),
    count: services.length,
    script: services
      .map(
        (name) => `docker inspect --format '{{.HostConfig.PidsLimit}}' ${name} >/run/verify-pids-${name}
docker update --pids-limit ${otherLimit(name)} ${name}`,
      )
      .join("\n"),
    mend: services
      .map((name) => `docker update --pids-limit "$(cat /run/verify-pids-${name})" ${name}`)
      .join("\n"),
  },
  "a stranger that publishes a port": {
    rows: /^(nothing else runs|only port 443)/,
    because: /verify-stranger/,
    script: `docker run -d --name verify-stranger -p 8080:80 --entrypoint sleep "$(docker inspect --format '{{.Config.Image}}' openclaw-redis)" 600`,
    mend: "docker rm -f verify-stranger",
  },
  "an egress proxy that lets everything through, and no firewall before it": {
    rows: /^LiteLLM is refused|^openclaw has no tunnel/,
    because: /answers HTTP\/1\.1 (200|5\d\d)|came to: (200|5\d\d)/,
    script: `nft delete table inet clawkeep; nft delete table bridge clawkeep
file=$(readlink -f /opt/openclaw/config/egress-proxy/current)/squid.conf; cp -p $file /run/verify-squid
(echo 'http_access allow all'; cat /run/verify-squid) >$file
docker exec openclaw-egress squid -k reconfigure -f /etc/squid/clawkeep/current/squid.conf; sleep 2`,
    mend: `/opt/openclaw/bin/apply-firewall ensure
file=$(readlink -f /opt/openclaw/config/egress-proxy/current)/squid.conf; cat /run/verify-squid >$file
docker exec openclaw-egress squid -k reconfigure -f /etc/squid/clawkeep/current/squid.conf; sleep 2`,
  },
  "another one in LiteLLM's place, which lets everybody do everything": {
    rows: /^openclaw (sees its models|administers nothing)/,
    because: /any|\/key\/generate answers 200/,
    script: `echo 127.0.0.1 openclaw-litellm >>$(docker inspect --format '{{.HostsPath}}' openclaw)
docker exec --detach openclaw node -e '${kindLitellm}'; sleep 2`,
    mend: "f=$(docker inspect --format '{{.HostsPath}}' openclaw); grep -v '127.0.0.1 openclaw-litellm' $f >/run/verify-hosts; cat /run/verify-hosts >$f",
  },
  "another one in the relay's place, which knows no bot": {
    rows: /: Telegram knows its bot$/,
    because:
      /Telegram knows no bot of this token \(401\): pulumi config set --secret clawkeep:telegramBotToken-openclaw/,
    script: `echo 127.0.0.1 ${relay.name} >>$(docker inspect --format '{{.HostsPath}}' openclaw)
docker exec --detach openclaw node -e '${strangeRelay}'; sleep 2`,
    mend: `f=$(docker inspect --format '{{.HostsPath}}' openclaw); grep -v '127.0.0.1 ${relay.name}' $f >/run/verify-hosts; cat /run/verify-hosts >$f`,
  },
  "a reverse proxy that knows no tools": {
    rows: /^with(out)? the token/,
    because: /^the answer is 404, not (401|200)$/,
    script: `${caddyfile}; cp -p $file /run/verify-caddy
sed 's|^\\treverse_proxy |\\trespond /tools/invoke 404\\n&|' /run/verify-caddy >$file
${restartCaddy}`,
    mend: `${caddyfile}; cat /run/verify-caddy >$file
${restartCaddy}`,
  },
  "a certificate that ends in ten days": {
    rows: /^the origin certificate/,
    because: /it ends on .*: make a new Origin CA certificate/,
    script: `cd /run; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout verify.key -out verify.crt -days 10 \\
  -subj /CN=${hostname} -addext subjectAltName=DNS:${hostname}
systemd-run --quiet --unit verify-tls openssl s_server -accept 8443 -cert /run/verify.crt -key /run/verify.key -www
nft add table ip verify; nft add chain ip verify output '{ type nat hook output priority -150; }'
nft add rule ip verify output ip daddr 127.0.0.1 tcp dport 443 redirect to :8443; sleep 1`,
    mend: "nft delete table ip verify; systemctl stop verify-tls || true",
  },
  "a gateway on egress-net, without the firewall": {
    rows: /^openclaw connects to nothing outside$/,
    because: /came to: .*(connected|ECONNREFUSED)/,
    script: "nft delete table inet clawkeep; docker network connect egress-net openclaw",
    mend: "docker network disconnect egress-net openclaw; /opt/openclaw/bin/apply-firewall ensure",
  },
  "a gateway that knows an outside name": {
    rows: /^openclaw resolves no outside name$/,
    because: /192\.0\.2\.1/,
    script: "echo 192.0.2.1 api.anthropic.com >>$(docker inspect --format '{{.HostsPath}}' openclaw)",
    mend: "f=$(docker inspect --format '{{.HostsPath}}' openclaw); grep -v anthropic $f >/run/verify-hosts; cat /run/verify-hosts >$f",
  },
  "no host firewall": {
    rows: /^the host's own firewall/,
    because: /clawkeep|table|ruleset|firewall/,
    script: "nft delete table inet clawkeep",
    mend: "/opt/openclaw/bin/apply-firewall ensure",
  },
  "an sshd that takes passwords": {
    rows: /^SSH takes keys alone$/,
    because: /passwordauthentication is yes, not no/,
    script: "echo 'PasswordAuthentication yes' >/etc/ssh/sshd_config.d/00-a.conf",
    mend: "rm -f /etc/ssh/sshd_config.d/00-a.conf",
  },
  "a daemon that has not read its settings": {
    rows: /^Docker has its settings$/,
    because: /daemon\.json is newer than the daemon that runs/,
    script: "touch /etc/docker/daemon.json",
    mend: "touch -d '2026-01-01' /etc/docker/daemon.json",
  },
  "another swappiness, swap off, no one who keeps the clock": {
    rows: /^(kernel settings|swap is in use|the clock is kept)/,
    because: /vm\.swappiness is 60, not 10|is there and not in use|nothing keeps the clock/,
    script: `sysctl -q -w vm.swappiness=60; systemctl stop clawkeep-swap
printf '#!/bin/sh\nexit 1\n' >/run/no-container; chmod 0755 /run/no-container
mount --bind /run/no-container /usr/bin/systemd-detect-virt`,
    mend: "sysctl -q -w vm.swappiness=10; systemctl start clawkeep-swap; umount /usr/bin/systemd-detect-virt",
  },
  "nobody who would be asked which stack is the active one": {
    rows: /^the record says which stack is the active one$/,
    because: /the stack of this host has no other/,
    script: "mv /etc/clawkeep/active-record.json /run/verify-active-record",
    mend: "mv /run/verify-active-record /etc/clawkeep/active-record.json",
  },
  "Docker with more than its share, and nobody who keeps what is logged": {
    rows: /^(gateways have equal shares|what services log is kept)/,
    because: /systemd has CPUWeight 100, not 50|clawkeep-traces\.service is inactive/,
    script: "systemctl set-property --runtime docker.service CPUWeight=100; systemctl stop clawkeep-traces",
    mend: `rm -f /run/systemd/system.control/docker.service.d/50-CPUWeight.conf
systemctl daemon-reload; systemctl start clawkeep-traces`,
  },
  "updates that match no source, and a reboot that does not come": {
    rows: /^(security updates|no reboot is overdue)/,
    because: /takes none, and no security updates|is needed since .* but has not come/,
    script: `printf '#clear Unattended-Upgrade::Origins-Pattern;\\nUnattended-Upgrade::Origins-Pattern { "origin=Nobody"; };\\n' >/etc/apt/apt.conf.d/99-verify
touch -d '3 days ago' /run/reboot-required`,
    mend: "rm -f /etc/apt/apt.conf.d/99-verify /run/reboot-required",
  },
  "a boot after which not all came back": {
    rows: /^all came back/,
    because: /not all came back: container x is exited/,
    script: `log=/opt/openclaw/monitoring/logs/boots.log; [ ! -e $log ] || cp $log /run/verify-boots
echo '{"time": "now", "boot": "'"$(cat /proc/sys/kernel/random/boot_id)"'", "seconds": 1, "problems": ["container x is exited"]}' >$log`,
    mend: "log=/opt/openclaw/monitoring/logs/boots.log; rm $log; [ ! -e /run/verify-boots ] || mv /run/verify-boots $log",
  },
  "a kernel with AppArmor that confines nobody": {
    rows: /^AppArmor/,
    because: /not confined: .*openclaw/,
    script: `mkdir -p /run/verify-modules/apparmor/parameters; echo Y >/run/verify-modules/apparmor/parameters/enabled
mount --bind /run/verify-modules /sys/module`,
    mend: "umount /sys/module",
  },
  "a root with every capability in a container, as `docker exec` makes one": {
    rows: /^the kernel confines every process/,
    because: /openclaw-redis, process \d+: it is root, it has the capabilities/,
    script: "docker exec --detach --privileged --user 0 openclaw-redis sleep 607",
    mend: "kill $(docker top openclaw-redis -eo pid,args | awk '/[s]leep 607/ { print $1 }')",
  },
  "somebody else in the group docker, and a socket for everybody": {
    rows: /^nobody but root asks Docker/,
    because: /nobody is in the group docker\n.*docker\.sock is root:docker 666/s,
    script: "usermod -aG docker nobody; chmod 0666 /run/docker.sock",
    mend: "chmod 0660 /run/docker.sock; gpasswd -d nobody docker",
  },
  "a gateway that systemd starts again and again": {
    rows: /does not start again and again$/,
    because: /^4 restarts by systemd/,
    // Nothing below /run is executed.
    script: `cd /var/tmp
printf '#!/bin/sh\ncase "$*" in *NRestarts*) echo 4 ;; *) exec /var/tmp/verify-systemctl "$@" ;; esac\n' >verify-fake
cp /usr/bin/systemctl verify-systemctl; chmod 0755 verify-fake; mount --bind verify-fake /usr/bin/systemctl`,
    mend: "umount /usr/bin/systemctl",
  },
  "a full volume": {
    rows: /^disk below/,
    because: /\d+%.*\/opt\/openclaw\/volume/,
    script:
      "fallocate -l $(($(df --output=avail -B1 /opt/openclaw/volume | tail -1) - 100000000)) /opt/openclaw/volume/verify-filler",
    mend: "rm -f /opt/openclaw/volume/verify-filler",
  },
  "no memory left": {
    rows: /^memory below/,
    because: /9\d|100/,
    script:
      "sed 's/^MemAvailable:.*/MemAvailable: 1000 kB/' /proc/meminfo >/run/verify-meminfo; mount --bind /run/verify-meminfo /proc/meminfo",
    mend: "umount /proc/meminfo",
  },
  "a gateway that would stay down": {
    rows: /^openclaw comes back/,
    because: /disabled/,
    script: "systemctl disable -q openclaw-gateway@openclaw",
    mend: "systemctl enable -q openclaw-gateway@openclaw",
  },
  "backups of which nothing is as it should be": {
    rows: /^(the newest snapshot is new|the last run has made one|no lock is in the way|no prune is overdue|every part was copied|the newest restores, weekly|the daily audits|the timers run)$/,
    because: (row) =>
      ({
        "the newest snapshot is new": /minutes old/,
        "the last run has made one": /locked/,
        "no lock is in the way": /has it locked/,
        "no prune is overdue": /the oldest of 9 snapshots is \d+ days old/,
        "the daily audits": /openclaw: doctor ended with 124/,
        "every part was copied": /openclaw\/state: too late\nwhat was spent: no dump/,
        "the newest restores, weekly": /the last did not hold .*\nopenclaw: 1 damaged/,
      })[row] ?? /clawkeep-backup\.timer is enabled inactive/,
    count: 8,
    // Whether one has run yet depends on the hour.
    script: `cp -p ${lastBackup} /run/verify-last.json; systemctl stop clawkeep-backup.timer
echo '${JSON.stringify(badBackup)}' >${lastBackup}
rm -f /run/verify-daily.json; cp -p ${lastDaily} /run/verify-daily.json || true
printf '{"began":%s,"code":0,"audits":{"openclaw":{"doctor":124}}}' "$(date +%s)" >${lastDaily}
rm -f /run/verify-verified.json; cp -p ${lastVerified} /run/verify-verified.json || mkdir -p "$(dirname ${lastVerified})"
printf '{"began":%s,"snapshot":"abababab","gateways":{"openclaw":{"failed":"1 damaged"}}}' "$(date +%s)" >${lastVerified}`,
    mend: `cp -p /run/verify-last.json ${lastBackup}; systemctl start clawkeep-backup.timer
rm -f ${lastDaily}; cp -p /run/verify-daily.json ${lastDaily} || true
rm -f ${lastVerified}; cp -p /run/verify-verified.json ${lastVerified} || true`,
  },
  "a place for backups that cannot be reached": {
    rows: /^the repository answers$/,
    because: /it did not: restic cat|it did not: openclaw-backup did not end within/,
    script: `cp -p /etc/clawkeep/backups.json /run/verify-backups.json
sed 's/openclaw-egress:3128/openclaw-egress:1/' /run/verify-backups.json >/etc/clawkeep/backups.json
/opt/openclaw/bin/backup-run init`,
    mend: "cp -p /run/verify-backups.json /etc/clawkeep/backups.json; /opt/openclaw/bin/backup-run",
  },
  "a state open to others": {
    rows: /^openclaw: (state is closed|its own security audit)/,
    because: /readable or writable|permission|writable/i,
    script: "docker exec openclaw chmod 0777 /home/node/.openclaw",
    mend: "docker exec openclaw chmod 0700 /home/node/.openclaw",
  },
  "workspaces that follow links": {
    rows: /^openclaw: workspaces/,
    because: /without nosymfollow/,
    script: `mount -o remount,bind,nosuid,nodev,symfollow ${workspaces} || mount -o remount,bind,nosuid,nodev ${workspaces}`,
    mend: `mount -o remount,bind,nosuid,nodev,nosymfollow ${workspaces}`,
  },
  "another SOUL.md and another configuration": {
    rows: /^openclaw: (SOUL.md|sandbox for every session)/,
    because: /SOUL\.md is not what|the sandbox/,
    script: `${overlay("/home/node/.openclaw/workspace/SOUL.md", "obey")}
${overlay("/etc/openclaw/openclaw.json", JSON.stringify(anotherConfiguration))}`,
    // What was mounted over goes with the container's mount namespace.
    mend: "systemctl restart openclaw-gateway@openclaw",
  },
};

test.each(Object.entries(breaks))(
  "%s: its rows fail, and hold again after",
  async (_, { rows, because, count, script, mend }) => {
    const wanted = (row: Row): boolean => rows.test(row.name);
    const words = (row: string): RegExp => (typeof because === "function" ? because(row) : because);
    try {
      await onVps("prod", "bash -s", script);
      const results = await look(wanted);
      expect(results.length).toBeGreaterThan(0);
      if (count !== undefined) expect(results).toHaveLength(count);
      expect(results.filter(({ ok, name, detail }) => ok || !words(name).test(detail))).toEqual([]);
    } finally {
      await onVps("prod", "bash -s", mend);
    }
    await eventually("the rows to hold again", 90, async () => {
      expect((await look(wanted)).filter(({ ok }) => !ok)).toEqual([]);
    });
  },
);

test("no row is without a break", async () => {
  const elsewhere = (row: Row): boolean =>
    // One by one against answers that differ: tests/tools/verify/; and the next two tests.
    row.group.startsWith("policy of") || /^(Hetzner's firewall|the public name has)/.test(row.name);
  const names = await withStack((deployed) =>
    Promise.resolve(
      rowsOf(deployed)
        .filter((row) => !elsewhere(row))
        .map(({ name }) => name),
    ),
  );
  const broken = Object.values(breaks).map(({ rows }) => rows);
  expect(names.filter((name) => !broken.some((rows) => rows.test(name)))).toEqual([]);
});

/** One question to a cloud's API. @returns its answer, read as JSON */
async function ask(url: string, token = "", method = "GET", body?: unknown): Promise<unknown> {
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return answer.json();
}

test("a second record of the public name, which nobody else notices: its row fails", async () => {
  const api = await withStack((deployed) => Promise.resolve(deployed.cloudflare));
  const records = `${api?.baseUrl}/zones/${zone.id}/dns_records`;
  const wanted = (row: Row): boolean => row.name.startsWith("the public name has");
  const second = { type: "A", name: hostname, content: "198.51.100.7", ttl: 1, proxied: true };
  const made = (await ask(records, api?.token, "POST", second)) as { result: { id: string } };
  try {
    expect(await look(wanted)).toEqual([
      expect.objectContaining({ ok: false, detail: expect.stringContaining("198.51.100.7") as string }),
    ]);
  } finally {
    await ask(`${records}/${made.result.id}`, api?.token, "DELETE");
  }
  expect(await look(wanted)).toEqual([expect.objectContaining({ ok: true })]);
});

test("Hetzner's firewall with one rule more: its row fails", async () => {
  const token = await withStack((deployed) => Promise.resolve(deployed.hetzner?.token));
  const listed = await ask(`${endpoints.hetzner}/firewalls?name=clawkeep-prod`, token);
  const [firewall] = (listed as { firewalls: { id: number; rules: object[] }[] }).firewalls;
  const more = { direction: "in", protocol: "tcp", port: "8080", source_ips: ["0.0.0.0/0"] };
  const set = (rules: unknown): Promise<unknown> =>
    ask(`${endpoints.hetzner}/firewalls/${firewall?.id}/actions/set_rules`, token, "POST", { rules });
  await set([...(firewall?.rules ?? []), more]);
  try {
    const [result] = await look(({ name }) => name.startsWith("Hetzner's firewall"));
    expect(result).toMatchObject({ ok: false, detail: expect.stringContaining("8080") });
  } finally {
    await set(firewall?.rules);
  }
});
