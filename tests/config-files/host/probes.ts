/** Programs that try TCP connections and say which were accepted. Silence, a refusal and no way there are all a no. */

/** What a probe is told, on standard input. */
export interface ProbeOrder {
  /** Address and port; a port 0 stands for all 65535. */
  readonly targets: readonly (readonly [address: string, port: number])[];
  /** Milliseconds to wait for an answer. */
  readonly timeoutMs: number;
  /** Connections at the same time. @default 500 */
  readonly atOnce?: number;
  /** Address to connect from. */
  readonly source?: string;
  /** Tries the targets again every 100 ms until this file is there. Absent: once. */
  readonly untilFile?: string;
}

export interface ProbeResult {
  /** `address port` of every connection that was accepted at least once, sorted. */
  readonly open: readonly string[];
  readonly tried: number;
  /** Connections that were accepted, by number. */
  readonly accepted: number;
}

/** For Node. */
export const nodeProbe = `
const net = require("node:net");
const order = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const open = new Set();
let [tried, accepted] = [0, 0];
const all = order.targets.flatMap(([host, port]) =>
  port === 0 ? Array.from({ length: 65535 }, (_, index) => [host, index + 1]) : [[host, port]]);
const one = ([host, port]) => new Promise((done) => {
  tried += 1;
  const socket = net.connect({ host, port, localAddress: order.source });
  const end = (yes) => {
    if (yes) open.add(host + " " + port);
    accepted += yes ? 1 : 0;
    socket.destroy();
    done();
  };
  socket.setTimeout(order.timeoutMs, () => end(false));
  socket.once("connect", () => end(true));
  socket.once("error", () => end(false));
});
const round = async (targets) => {
  const rest = targets[Symbol.iterator]();
  const lane = async () => {
    for (const target of rest) await one(target);
  };
  await Promise.all(Array.from({ length: Math.min(order.atOnce ?? 500, targets.length) }, lane));
};
const main = async () => {
  const deadline = Date.now() + 120_000;
  const rounds = [round(all)];
  while (order.untilFile && Date.now() < deadline && !require("node:fs").existsSync(order.untilFile)) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    rounds.push(round(all));
  }
  await Promise.all(rounds);
  console.log(JSON.stringify({ open: [...open].sort(), tried, accepted }));
};
main();
`;

/** For Python, which every host has; for use in the network namespace of a container that may have neither. */
export const pythonProbe = `
import json, os, selectors, socket, sys, time
order = json.load(sys.stdin)
select, opened, tried, accepted, next_round = selectors.DefaultSelector(), set(), 0, 0, 0
def knock(host, port):
    information = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0]
    probe = socket.socket(information[0], socket.SOCK_STREAM)
    probe.setblocking(False)
    if order.get("source"):
        probe.bind((order["source"], 0))
    try:
        probe.connect(information[4])
    except BlockingIOError:
        select.register(probe, selectors.EVENT_WRITE, (host, port, time.monotonic() + order["timeoutMs"] / 1000))
    except OSError:
        probe.close()
def going_on():
    return tried == 0 or "untilFile" in order and not os.path.exists(order["untilFile"])
while going_on() or select.get_map():
    if going_on() and time.monotonic() >= next_round:
        next_round = time.monotonic() + 0.1
        for host, port in order["targets"]:
            tried += 1
            knock(host, port)
    for key, _ in select.select(0.05):
        if key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
            accepted += 1
            opened.add("%s %d" % key.data[:2])
        select.unregister(key.fileobj)
        key.fileobj.close()
    for key in [key for key in select.get_map().values() if key.data[2] < time.monotonic()]:
        select.unregister(key.fileobj)
        key.fileobj.close()
print(json.dumps({"open": sorted(opened), "tried": tried, "accepted": accepted}))
`;

const python = `python3 -c "$(echo ${Buffer.from(pythonProbe).toString("base64")} | base64 -d)"`;

/**
 * Bash for a host: runs the Python probe with the network of a container, as a user without rights. The order comes on
 * standard input.
 */
export function probeFromContainer(container: string): string {
  const pid = `$(docker inspect --format '{{.State.Pid}}' ${container})`;
  return `nsenter --target ${pid} --net setpriv --reuid 65534 --clear-groups ${python}`;
}

/** What a provider has beside the public network: its metadata service, and other servers on a private one. */
export const beyond = {
  metadata: "169.254.169.254",
  metadata6: "fd00:ec2::254",
  private: "10.9.9.9",
} as const;

const listener = [
  "import socket, time",
  "all = [socket.create_server(('::', port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=500)",
  "       for port in (53, 80, 443)]",
  "time.sleep(3600)",
].join("\n");

/** Bash for a host: gives it such a network as a second interface, with somebody who answers on ports 53, 80 and 443. */
export const innerNetwork = `
ip netns add provider
ip link add inner type veth peer name outer netns provider
sysctl -qw net.ipv6.conf.inner.disable_ipv6=0; ip netns exec provider sysctl -qw net.ipv6.conf.outer.disable_ipv6=0
ip address add 10.9.9.1/24 dev inner; ip address add fd00:9::1/64 dev inner nodad; ip link set inner up
p="ip -n provider"
$p link set lo up; $p link set outer up
for a in ${beyond.private}/24 ${beyond.metadata}/32; do $p address add $a dev outer; done
for a in fd00:9::9/64 ${beyond.metadata6}/128; do $p address add $a dev outer nodad; done
$p route add default via 10.9.9.1; $p -6 route add default via fd00:9::1
ip route add ${beyond.metadata} dev inner; ip -6 route add ${beyond.metadata6} dev inner
systemd-run --quiet --unit provider ip netns exec provider python3 -c "${listener}"`;

/** Bash for a host: runs the Python probe on the provider's side of it, where packets may be routed to any container. */
export const probeFromInnerNetwork = `ip netns exec provider ${python}`;

/** Takes it away again. */
export const withoutInnerNetwork = "systemctl stop provider; ip link delete inner; ip netns delete provider";

/** For `node -e`: sends a datagram to an address and port (its arguments), prints `true` if one came back in 1500 ms. */
export const udpProbe = `
const [address, port] = process.argv.slice(1);
const socket = require("node:dgram").createSocket("udp4");
const end = (answered) => (console.log(answered), process.exit());
socket.on("message", () => end(true));
socket.send("hello", Number(port), address);
setTimeout(end, 1500, false);
`;
