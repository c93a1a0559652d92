/** No secret, address or name of a stack gets through, in whatever writing it comes. */
import {
  forbiddenFields,
  holds,
  leavesOf,
  redacted,
  type Forbidden,
} from "../../../tools/first-deployment/forbidden";

const secret = 'q7"Zr\\w8/Kx+2é mP';
const token = "1234567890:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr";
const pem = `-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqG${"x".repeat(40)}\nSM49AgEG\n-----END PRIVATE KEY-----\n`;
const forbidden: Forbidden = {
  secrets: [
    secret,
    token,
    pem,
    "abc",
    '{"field": "inner-value"}',
    "https://hooks.test/services/ab-cd-ef-gh-ij-kl",
  ],
  names: ["assistant.example.org", "example.org", "a.de"],
  addresses: ["203.0.113.10", "2001:db8:1:2::1"],
};
const json = JSON.stringify;
const base64 = (text: string): string => Buffer.from(text).toString("base64");

const [aSecret, aName, anAddress, aLong] = [
  "a secret of the stack",
  "a name or an address of the stack",
  "an IPv4 or IPv6 address",
  "a long string",
];

/** What it is, the text, what is found in it. */
const tricky: [string, string, string][] = [
  ["a secret as it is", `key ${secret} end`, aSecret],
  ["a secret in JSON", json({ key: secret }), aSecret],
  ["a secret in JSON in JSON", json(json({ key: secret })), aSecret],
  [
    "a secret in JSON as some languages write it",
    `{"key":"q7\\u0022Zr\\u005cw8\\/Kx\\u002b2\\u00e9 mP"}`,
    aSecret,
  ],
  ["a secret in a URL", `?key=${encodeURIComponent(secret)}`, aSecret],
  ["a secret in other letters", secret.toUpperCase(), aSecret],
  ["a secret in base64", base64(secret), aSecret],
  ["a secret in base64, behind one letter", base64(`x${secret}y`), aSecret],
  ["a secret in base64, behind two letters", base64(`Authorization: x${secret} and more`), aSecret],
  ["a secret in base64url", Buffer.from(`??>${secret}`).toString("base64url"), aSecret],
  ["a secret in hexadecimal digits", Buffer.from(secret).toString("hex"), aSecret],
  ["half of a bot's token", "chat of AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr", aSecret],
  ["the number of a bot", "bot 1234567890 is not known", aSecret],
  ["a line of a key file", `MIGHAgEAMBMGByqG${"x".repeat(40)}`, aSecret],
  ["a field of a secret that is JSON", "inner-value", aSecret],
  ["the key in a webhook's path", "POST /services/AB-CD-ef-gh-ij-kl", aSecret],
  ["a short secret that is all of a field", "abc", aSecret],
  ["a domain", "https://assistant.example.org/", aName],
  ["a domain in upper case", "CN=ASSISTANT.EXAMPLE.ORG", aName],
  ["the zone alone", "mail.Example.Org.", aName],
  ["a domain with an escaped dot", "assistant\\u002eexample%2Eorg", aName],
  ["a domain in base64", base64("host: assistant.example.org"), aName],
  ["a domain in wide letters", "ｅｘａｍｐｌｅ．ｏｒｇ", aName],
  ["a short domain", "at a.de", aName],
  ["the stack's address", "from 203.0.113.10:22", aName],
  ["its address with dashes, as a provider's name has it", "static-10-113-0-203.example.com", aName],
  ["its address as a number", "3405803786", aName],
  ["its address with escaped dots", "203\\u002e0\\u002e113\\u002e10", aName],
  ["its IPv6 address in full", "2001:0db8:0001:0002:0000:0000:0000:0001", anAddress],
  ["its network, without the rest", "prefix 2001:db8:1:2", aName],
  ["another IPv4 address", "peer 198.51.100.7/32", anAddress],
  ["one with leading zeros", "198.051.100.007", anAddress],
  ["a compressed IPv6 address", "via fe80::1%eth0", anAddress],
  ["one that begins with ::", "::ffff:198.51.100.7", anAddress],
  ["one that begins with :: and is short", "::2", anAddress],
  ["one that ends with ::", "2001:db8::/32", anAddress],
  ["one in brackets", "[2001:DB8::A]:443", anAddress],
  ["one behind the line end of escaped JSON", '"said\\n2001:db8::5"', anAddress],
  ["one without compression", "1:2:3:4:5:6:7:8", anAddress],
  ["all addresses", "listens on [::]:0 and 0.0.0.0", anAddress],
  ["a digest", `sha256:${"0a1b".repeat(16)}`, aLong],
  ["a container's id of 64 digits in upper case", "0A1B".repeat(16), aLong],
  ["a UUID", "0b6c1f6e-3d2a-4c1b-9e55-3f1f0f5a7c11", aLong],
  ["a MAC address", "link/ether 96:00:00:1a:2b:3c", aLong],
  ["a token of another", "sk-ant-REDACTED0aZ9bY8cX7dW6eV5fU4", aLong],
  ["base64 of something", base64("what nobody here knows of?"), aLong],
  ["a word of 30 letters", "abcdefghijabcdefghijabcdefghij", aLong],
  ["an e-mail address", "by me.too+x@mail.example.com", "an e-mail address"],
  ["a home directory", "/home/somebody/clawkeep/index.ts", "somebody's home directory"],
];

test.each(tricky)("%s is found", (_, text, what) => {
  expect(holds(text, forbidden)).toBe(what);
});

test.each(tricky)("%s is gone from what is redacted", (_, text) => {
  const said = redacted(text, forbidden);
  expect(holds(said, forbidden)).toBeUndefined();
  expect(said).toContain("[");
});

test("a secret that is broken over lines is found", () => {
  const long = "correcthorsebatterystaple9";
  expect(holds(`correcthorse\n  battery\n  staple9`, { ...forbidden, secrets: [long] })).toBe(aSecret);
});

test.each([
  "Hetzner's firewall admits SSH from you, HTTPS from Cloudflare, echo",
  "127.0.0.1:18789 and 127.0.0.53 and [::1]:443 and 0:0:0:0:0:0:0:1",
  "6.12.43+deb13-cloud-amd64",
  "docker-ce=5:29.1.3-1~ubuntu.24.04~noble",
  "containerd=1.7.24~ds1-6+deb13u1+b4",
  "openclaw-gateway@openclaw.service",
  "systemd-networkd-wait-online.service",
  "/opt/openclaw/gateways/openclaw/sandboxes/workspaces",
  "name=seccomp,profile=builtin",
  "2026-11-29T02:11:07Z took 1203.5 s",
  "v3.230.0",
  "the word abc, which is short, in a sentence",
])("%s is let through as it is", (text) => {
  expect([holds(text, forbidden), redacted(text, forbidden)]).toEqual([undefined, text]);
});

test("a redacted text keeps what is around it", () => {
  expect(redacted(`ssh -p 22 root@203.0.113.10 failed: ${secret}, no`, forbidden)).toBe(
    `ssh -p 22 root@[${aName}] failed: [${aSecret}], no`,
  );
});

test("what is hidden too well to be cut out is left out whole", () => {
  expect(redacted(json(json({ key: secret })), forbidden)).toBe(`[left out: it held ${aSecret}]`);
});

test("the last look names the field, never its value", () => {
  const document = {
    a: { list: ["good", { deep: `x ${secret}` }] },
    b: "198.51.100.7",
    c: 3405803786,
    [token]: 1,
  };
  const found = forbiddenFields(document, forbidden);
  expect(found).toEqual([
    `a.list.1.deep holds ${aSecret}`,
    `b holds ${anAddress}`,
    `c holds ${aName}`,
    `the document holds ${aSecret}`,
  ]);
  expect(found.join()).not.toContain(token);
  expect(forbiddenFields({ plugins: { [token]: { version: "198.51.100.7" } } }, forbidden)).toEqual([
    `plugins holds ${aSecret}`,
    `plugins.*.version holds ${anAddress}`,
  ]);
});

test("a document of ordinary words passes the last look", () => {
  expect(forbiddenFields({ a: ["debian", "13", 7], b: { c: true, d: "127.0.0.1" } }, forbidden)).toEqual([]);
});

test("leaves are all that is said in a value", () => {
  expect(leavesOf({ a: ["x", { b: 7 }], c: null, d: false })).toEqual(["x", "7"]);
});
