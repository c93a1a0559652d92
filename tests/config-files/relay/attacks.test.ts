/** Every attack of the table, with the controls that are deployed and with the one off that it is aimed at. */
import { connect } from "node:net";
import { attacks, type Attack } from "./attacks";
import { raw } from "./support/client";
import { addresses, Place, secrets } from "./support/place";

// Each attempt has a relay of its own, and to read the world's authorities is most of what that costs: Telegram's stand-in
// has its certificate from none of them.
jest.mock("node:tls", () => ({
  ...jest.requireActual<typeof import("node:tls")>("node:tls"),
  rootCertificates: [],
}));
jest.setTimeout(20_000);
const place = new Place();
beforeAll(() => place.start());
afterAll(() => place.stop());

async function attempt(attack: Attack, off: Attack["off"]): Promise<string> {
  place.forget();
  place.handler = attack.handler;
  const port = await place.relay(off);
  const from = attack.from ?? addresses.first;
  const beside = Array.from({ length: attack.beside ?? 0 }, () =>
    connect({ host: addresses.relay, port, localAddress: from }).on("error", () => undefined),
  );
  await Promise.all(beside.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
  const answer = await raw(port, attack.bytes, { from, ...(attack.later && { later: attack.later }) });
  for (const socket of beside) socket.destroy();
  return answer;
}

const reached = (): boolean => place.seen.length > 0;

it("is a table of different attacks", () => {
  expect(attacks.length).toBeGreaterThan(60);
  expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
  expect(
    new Set(attacks.map(({ bytes, handler }) => `${bytes} ${handler === undefined}`)).size,
  ).toBeGreaterThan(60);
});

describe.each(attacks)("$name", (attack) => {
  it("is refused", async () => {
    const answer = await attempt(attack, attack.on ?? {});
    expect((attack.works ?? reached)(place, answer)).toBe(false);
    for (const secret of secrets) {
      expect(answer).not.toContain(secret);
      expect(place.log).not.toContain(secret);
    }
    if (attack.rule === undefined) {
      expect(answer).toBe("");
      expect(place.requests()).toEqual([]);
      return;
    }
    const last = place.requests().find(({ rule }) => rule === attack.rule);
    expect(last).toBeDefined();
    if (attack.handler !== undefined && last.decision === "allow") return;
    if (attack.unanswered === true) return void expect(answer).toBe("");
    expect(answer).toMatch(/HTTP\/1\.1 [45]\d\d /);
    if (attack.bytes.startsWith("HEAD")) return;
    const body = JSON.parse(answer.slice(answer.lastIndexOf("\r\n\r\n") + 4));
    expect(body).toEqual({ ok: false, error_code: last.status, description: `relay: ${last.reason}` });
  });

  it("gets through when its control is off", async () => {
    const answer = await attempt(attack, attack.off);
    expect((attack.works ?? reached)(place, answer)).toBe(true);
  });
});

it("tunnels nothing", async () => {
  place.forget();
  const port = await place.relay();
  const answer = await raw(
    port,
    "CONNECT api.telegram.org:443 HTTP/1.1\r\nHost: api.telegram.org:443\r\n\r\n",
  );
  expect(answer).toMatch(
    /^HTTP\/1\.1 400 .*\{"ok":false,"error_code":400,"description":"relay: nothing can be tunnelled/s,
  );
  expect(place.tunnels).toEqual([]);
});
