/** What a host makes of the record of the active stack: read from Cloudflare's stand-in, by TLS too, and not to be forged. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import { zone as labZone } from "../../../lab/internet/addresses";
import { issued } from "../../fixtures/certificates";
import {
  directory,
  fault,
  hostname,
  order,
  origin,
  python,
  recorded,
  script,
  staysDown,
  tokens,
} from "./active-record-world";

// Processes on a busy machine.
jest.setTimeout(120_000);

test("without an order nobody is asked, and a gateway may start", async () => {
  expect(await staysDown()).toBe("None");
});

test("the highest epoch counts; another stack there, or nobody: it stays down and says why", async () => {
  expect(await staysDown(order())).toBe("nobody is recorded as the active stack: pulumi up --stack prod");
  await recorded(9, "standby");
  await recorded(10, "prod");
  expect(await staysDown(order())).toBe("None");
  await recorded(11, "standby");
  expect(await staysDown(order())).toBe(
    "standby is recorded as the active stack (epoch 11), and this host is of prod",
  );
  expect(await staysDown(order({ stack: "standby" }))).toBe("None");
});

test("unreadable at a boot: it waits until somebody answers, or the operator says so", async () => {
  await recorded(1, "prod");
  await fault({ method: "GET", status: 503, count: 3 });
  expect(await staysDown(order(), 15)).toBe(
    `None\nwaits for the record of the active stack: Cloudflare answers 503: ${await bodyOf503()}`,
  );
  rmSync(join(directory, "run"), { recursive: true });
  const nobody = order({ api: "http://127.0.0.1:9/client/v4" });
  expect(await staysDown(nobody)).toMatch(
    /^nobody knows which stack is the active one: Cloudflare cannot be asked: .*active-record start-anyway$/,
  );
  writeFileSync(join(directory, "anyway"), "");
  expect(await staysDown(nobody)).toMatch(/^None\nstarted without a look .*an operator has said so$/);
});

async function bodyOf503(): Promise<string> {
  await fault({ method: "GET", status: 503, count: 1 });
  const answer = await fetch(`${origin}/client/v4/zones/${labZone.id}/dns_records`, {
    headers: { authorization: `Bearer ${tokens.read}` },
  });
  return (await answer.text()).slice(0, 300);
}

test("what was read since the boot holds while nobody answers, until another stack is read there", async () => {
  await recorded(1, "prod");
  expect(await staysDown(order())).toBe("None");
  const nobody = order({ api: "http://127.0.0.1:9/client/v4" });
  expect(await staysDown(nobody)).toBe("None");
  await recorded(2, "standby");
  expect(await staysDown(order())).toMatch(/^standby is recorded/);
  expect(await staysDown(nobody)).toMatch(/^nobody knows/);
});

describe("with a lease", () => {
  const down = async (setting: string, wanted: object): Promise<string> =>
    (await python(`${setting}\nprint(a.stays_down(0))`, { ...wanted, lease: 60 })).said;
  const nobody = () => order({ api: "http://127.0.0.1:9/client/v4" });

  it("what was read since the boot holds while nobody answers as long as the lease, and no longer", async () => {
    mkdirSync(join(directory, "run"));
    writeFileSync(join(directory, "run", "read"), "1 prod");
    expect(await down("heard(50)", nobody())).toBe("None");
    expect(await down("heard(61)", nobody())).toMatch(/^nobody knows/);
    expect(await down("heard(0, True)", nobody())).toMatch(/^nobody knows/);
    rmSync(join(directory, "run", "lease"));
    expect(await down("", nobody())).toMatch(/^nobody knows/);
  });

  it("no gateway starts that nobody guards, though its stack is the active one; the guard is asked to look", async () => {
    await recorded(1, "prod");
    expect(await down("", order())).toBe(
      "clawkeep-lease.service does not say that the lease holds: systemctl status clawkeep-lease.service",
    );
    expect(existsSync(join(directory, "run", "ask"))).toBe(true);
    expect(await down("heard(0, True)", order())).toBe("standby is recorded");
    expect(await down("heard(61)", order())).toMatch(/does not say that the lease holds/);
    expect(await down("heard(1)", order())).toBe("None");
    // Who waits says so once.
    const waits = await python("heard(61)\nprint(a.stays_down(1.6))", { ...order(), lease: 60 });
    expect(waits.said.match(/^waits for clawkeep-lease.service/gm)).toHaveLength(1);
  });

  it("is in force where it is set, guarded and not overridden: so it is said in a snapshot", async () => {
    const force = async (setting: string, wanted: object): Promise<string> =>
      (await python(`${setting}\nprint(a.lease_in_force(), a.lease_is_over())`, wanted)).said;
    expect(await force("heard(1)", order())).toBe("None None");
    const leased = { ...order(), lease: 60 };
    expect(await force("heard(1)", leased)).toBe("60 None");
    expect(await force("heard(61)", leased)).toBe("None its lease of 60 s is over");
    writeFileSync(join(directory, "anyway"), "");
    expect(await force("heard(1)", leased)).toBe("None None");
  });
});

describe("an answer of somebody else", () => {
  const own = issued(["localhost"]);
  let server: Server;
  let port = 0;
  const forged = JSON.stringify({
    success: true,
    result: [{ type: "CNAME", name: `_clawkeep-99.${hostname}`, content: `prod.${hostname}` }],
  });
  beforeEach(async () => {
    server = createServer({ cert: own.certificate, key: own.key }, (asked, answer) =>
      asked.url?.startsWith("/elsewhere") === true
        ? answer.writeHead(302, { location: `${origin}/client/v4/zones/${labZone.id}/dns_records` }).end()
        : answer.end(forged),
    );
    port = await new Promise((resolve) => {
      const listening = server.listen(0, "127.0.0.1", () =>
        resolve((listening.address() as { port: number }).port),
      );
    });
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it("is refused: no certificate of an authority that is trusted", async () => {
    expect(await staysDown(order({ api: `https://localhost:${port}` }))).toMatch(
      /^nobody knows .*CERTIFICATE_VERIFY_FAILED/,
    );
  });

  it("is refused where the certificate is of another name", async () => {
    const authorities = own.certificate;
    expect(await staysDown(order({ api: `https://localhost:${port}`, authorities }))).toBe("None");
    rmSync(join(directory, "run"), { recursive: true });
    expect(await staysDown(order({ api: `https://127.0.0.1:${port}`, authorities }))).toMatch(
      /^nobody knows .*CERTIFICATE_VERIFY_FAILED/,
    );
  });

  it("is refused where it only points elsewhere: the token goes nowhere else", async () => {
    const api = `https://localhost:${port}/elsewhere`;
    expect(await staysDown(order({ api, authorities: own.certificate }))).toMatch(
      /^nobody knows .*answers 302/,
    );
  });

  it.each([
    ["no JSON", "<html>"],
    ["no list", '{"success":true}'],
    ["a list of something else", '{"result":[1,2]}'],
    ["null", "null"],
  ])("is refused where it is %s", async (_, body) => {
    server.removeAllListeners("request");
    server.on("request", (__, answer: { end: (text: string) => void }) => answer.end(body));
    expect(
      await staysDown(order({ api: `https://localhost:${port}`, authorities: own.certificate })),
    ).toMatch(/^nobody knows/);
  });
});

test("whose epoch a snapshot carries: as it is recorded; as it was read since the boot where nobody answers; else nobody knows", async () => {
  const current = async (wanted?: object): Promise<string> =>
    (await python("try: print(a.current())\nexcept a.Failed as failure: print(failure)", wanted)).said;
  expect(await python("print(a.current())")).toMatchObject({ said: "None" });
  expect(await current(order())).toMatch(/^nobody is recorded/);
  await recorded(3, "standby");
  expect(await current(order())).toBe("Record(epoch=3, stack='standby')");
  const nobody = order({ api: "http://127.0.0.1:9/client/v4" });
  expect(await current(nobody)).toMatch(/^nobody knows/);
  await recorded(4, "prod");
  await staysDown(order());
  expect(await current(nobody)).toBe("Record(epoch=4, stack='prod')");
});

describe("put", () => {
  const put = (wanted: object) =>
    python(`
import json
try: print(a.put(${JSON.stringify(JSON.stringify(wanted))} + "\\nrevision\\n"))
except a.Failed as failure: print(failure)`);

  it("keeps an order that has been seen to work, for root alone", async () => {
    await recorded(1, "prod");
    expect((await put(order())).said).toBe("Record(epoch=1, stack='prod')");
    const file = join(directory, "order.json");
    expect([statSync(file).mode & 0o777, JSON.parse(readFileSync(file, "utf8"))]).toEqual([0o400, order()]);
  });

  it("starts the guard of a lease, and fails where that does not say that it holds; without one it ends the guard", async () => {
    await recorded(1, "prod");
    const leased = { ...order(), lease: 60 };
    const guarded = (setting: string, wanted: object) =>
      python(`
calls = []
lease.run = lambda *words, seconds: calls.append(" ".join(words[1:]).replace(" --quiet", ""))
${setting}
try: a.put(${JSON.stringify(JSON.stringify(wanted))})
except a.Failed as failure: print(failure)
print(calls)`);
    expect((await guarded("", leased)).said).toMatch(/^the lease does not hold yet/);
    expect((await guarded("heard(1)", leased)).said).toBe(
      "['enable clawkeep-lease.service', 'restart clawkeep-lease.service']",
    );
    expect((await guarded("", order())).said).toBe("[]");
    expect((await guarded("open(lease.WANTED, 'w').close()", order())).said).toBe(
      "['disable --now clawkeep-lease.service']",
    );
    expect(existsSync(join(directory, "run", "lease"))).toBe(false);
  });

  it("refuses one whose token reads nothing, and keeps the old one", async () => {
    writeFileSync(join(directory, "order.json"), "old");
    expect((await put(order({ token: "x".repeat(40) }))).said).toMatch(
      /^this host cannot read which stack is the active one.*answers 40\d.*Zone \/ DNS \/ Read/s,
    );
    expect(readFileSync(join(directory, "order.json"), "utf8")).toBe("old");
  });
});

test("an operator's word against a lease takes words of its own, and an order has the lease that its command names", async () => {
  const said = async (words: readonly string[], wanted: object, input = ""): Promise<string> =>
    (await script(words, wanted, input)).said;
  const leased = { ...order(), lease: 60 };
  expect(await said(["start-anyway"], leased)).toMatch(
    /^active-record: this host has a lease: .*start-anyway without-lease$/s,
  );
  expect(existsSync(join(directory, "anyway"))).toBe(false);
  expect(await said(["start-anyway"], order())).toMatch(/^until the next boot/);
  expect(await said(["start-anyway", "without-lease"], leased)).toMatch(/^until the next boot/);
  expect(await said(["put", "lease", "300"], order(), JSON.stringify(leased))).toMatch(
    /^active-record: the order has the lease 60, and the words are/,
  );
});
