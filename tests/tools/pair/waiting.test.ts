/** Who asks to be let in, from what OpenClaw 2026.9.6 prints. */
import { devicesWaiting, listing, sendersWaiting } from "../../../tools/pair/waiting";

const browser = {
  requestId: "77ce376a-f13e-4865-a1bf-b4a12ec99e4a",
  deviceId: "6664a07fbc6a974a6de1c9342a0871a1bb4db811e6e79d3ce481e2204fab14a4",
  publicKey: "8zehrjhRET2S6MHKaJZeSr49OoqpLE-lejyasJfZ6lE",
  platform: "Linux x86_64",
  clientId: "openclaw-control-ui",
  clientMode: "webchat",
  role: "operator",
  roles: ["operator"],
  scopes: ["operator.admin", "operator.read", "operator.write", "operator.approvals"],
  remoteIp: "203.0.113.7",
  silent: false,
  isRepair: false,
  ts: 1795636361083,
};
const terminal = {
  ...browser,
  requestId: "6fa179ee-90d9-4770-9101-1651546c17b4",
  deviceId: "eb1954842be647dd0cd547a5e5a028d02c64529546b890bfe52d71a6bee98bce",
  displayName: "openclaw-tui",
  platform: "linux",
  deviceFamily: "Linux",
  clientId: "openclaw-tui",
  clientMode: "ui",
  isRepair: true,
};
const sender = {
  id: "4711",
  code: "ABCD2345",
  createdAt: "2026-11-25T19:46:39.000Z",
  lastSeenAt: "2026-11-25T19:46:39.000Z",
  meta: { username: "alice", firstName: "Alice", accountId: "default" },
};
const devices = (pending: unknown[], paired: unknown[] = []): ReturnType<typeof devicesWaiting> =>
  devicesWaiting(JSON.stringify({ pending, paired }));
const senders = (requests: unknown[]): ReturnType<typeof sendersWaiting> =>
  sendersWaiting(JSON.stringify({ channel: "telegram", requests }));

it("says of a browser what it is, where it comes from and what it wants", () => {
  expect(devices([browser])).toEqual([
    {
      kind: "device",
      code: browser.requestId,
      who: "web page on Linux x86_64 from 203.0.113.7 as operator: admin, read, write, approvals",
    },
  ]);
});

it("says of a device that wants more what it may so far", () => {
  const paired = { deviceId: terminal.deviceId, role: "operator", scopes: ["operator.write"], tokens: [] };
  expect(devices([terminal], [paired]).map(({ who }) => who)).toEqual([
    "terminal on linux from 203.0.113.7 as operator: admin, read, write, approvals (let in before, for: write)",
  ]);
});

it("shows other roles and clients as they are", () => {
  const node = { requestId: "r-1", deviceId: "d", clientId: "node-host", displayName: "attic", role: "node" };
  expect(devices([node])[0]?.who).toBe('node-host "attic" as node: nothing yet');
});

it("says of a sender who he is", () => {
  expect(senders([sender])).toEqual([
    { kind: "sender", code: "ABCD2345", who: "Telegram user 4711 alice Alice default" },
  ]);
});

it.each(["\n", "\r", "\u001b[2K\u001b[1A", "\u0007", "\u2028", "\u202e", "\u0085"])(
  "a name with %j neither begins a line nor moves the cursor",
  (evil) => {
    const name = `Alice${evil}device  forged  web page`;
    const lines = [
      ...senders([{ ...sender, meta: { firstName: name } }]),
      ...devices([
        { ...browser, displayName: name, platform: name, clientId: name, remoteIp: name, role: name },
      ]),
    ];
    expect(lines).toHaveLength(2);
    for (const { who } of lines) {
      expect(who).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(who).not.toMatch(/ {2}/);
    }
  },
);

it("a long name is cut", () => {
  expect(senders([{ ...sender, meta: { firstName: "x".repeat(5000) } }])[0]?.who.length).toBeLessThan(150);
});

it.each([
  ["nothing", ""],
  ["an error in JSON", JSON.stringify({ ok: false, error: { type: "cli_error", message: "no" } })],
  ["a list without its requests", "{}"],
  [
    "a request without its code",
    JSON.stringify({ pending: [{ deviceId: "d" }], paired: [], requests: [{ id: "1" }] }),
  ],
  [
    "a code that is none",
    JSON.stringify({
      ...{ pending: [{ ...browser, requestId: "x; rm" }], paired: [] },
      requests: [{ ...sender, code: "--all" }],
    }),
  ],
])("%s is an error, and not an empty list", (_, printed) => {
  expect(() => devicesWaiting(printed)).toThrow(/openclaw devices list printed/);
  expect(() => sendersWaiting(printed)).toThrow(/openclaw pairing list printed/);
});

it("prints codes below each other, and what to type", () => {
  const asking = [...senders([sender]), ...devices([browser])];
  expect(listing(asking, "openclaw", "make pair STACK=prod").split("\n")).toEqual([
    `sender  ABCD2345${" ".repeat(28)}  Telegram user 4711 alice Alice default`,
    `device  ${browser.requestId}  web page on Linux x86_64 from 203.0.113.7 as operator: admin, read, write, approvals`,
    "To let one in, if you know it: make pair STACK=prod APPROVE=CODE",
  ]);
});

it("says when nobody asks", () => {
  expect(listing([], "openclaw", "make pair STACK=prod")).toMatch(/^nobody asks to be let in at openclaw/);
});
