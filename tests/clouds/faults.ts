/** One call of a cloud's API that goes wrong in the middle of an `up`, and what comes of it. */
import type { JsonObject } from "../../lab/emulator/api-server";
import { zone } from "../../lab/internet/addresses";
import type { Result } from "../lab/toolchain/project";
import { CloudStack, type Call } from "./stack";

/** How a call goes wrong. The last two are the worst: it was done, and nobody is told. */
export const faultKinds = {
  "is answered 503": { status: 503 },
  "is answered 429, come back in a second": { status: 429, retryAfter: 1 },
  "is cut off": { status: "drop" },
  "is done, and answered 500": { status: 500, done: true },
  "is done, and cut off": { status: "drop", done: true },
} as const satisfies Readonly<Record<string, JsonObject>>;
export type FaultKind = keyof typeof faultKinds;

/**
 * The call is never answered. Only of what the program itself asks, which waits for 20 s: Cloudflare's plugin waits for ten
 * minutes (shown beside its stand-in, with less), and Hetzner's client has no limit of its own.
 */
export const hang = { status: "hang" } as const satisfies JsonObject;

/** Every call that an `up` from nothing makes, ids as patterns. */
export const calls: readonly Call[] = [
  ...[
    "/firewalls",
    "/ssh_keys",
    "/primary_ips",
    "/volumes",
    "/servers",
    "/server_types",
    "/images",
    "/actions",
  ]
    .concat(["/firewalls", "/ssh_keys", "/primary_ips", "/volumes", "/servers"].map((list) => `${list}/\\d+`))
    .map((path) => ({ cloud: "hetzner", method: "GET", path }) as const),
  ...["/firewalls", "/ssh_keys", "/primary_ips", "/volumes", "/servers"]
    .concat(["/primary_ips", "/volumes"].map((list) => `${list}/\\d+/actions/change_protection`))
    .concat(["/volumes/\\d+/actions/attach"])
    .map((path) => ({ cloud: "hetzner", method: "POST", path }) as const),
  { cloud: "cloudflare", method: "GET", path: `/zones/${zone.id}` },
  ...["GET", "POST"].map(
    (method) => ({ cloud: "cloudflare", method, path: `/zones/${zone.id}/dns_records` }) as const,
  ),
];

/**
 * The beginning of a shuffle by the smallest of generators (Park and Miller), from the number in CLAWKEEP_FAULT_SEED (1 unless
 * said).
 */
export function seeded<T>(all: readonly T[], count: number): T[] {
  const left = [...all];
  let state = Number(process.env["CLAWKEEP_FAULT_SEED"] ?? 1) % 2147483647 || 1;
  return Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return left.splice(state % left.length, 1);
  }).flat();
}

/** What a cloud refuses for a reason of its own: the call, the refusal, and what has to be in what is said of it. */
export const refusals: readonly (readonly [Call, JsonObject, RegExp])[] = [
  ...(
    [
      ["POST", "/servers", 412, "resource_unavailable"],
      ["POST", "/volumes", 403, "resource_limit_exceeded"],
      ["POST", "/volumes/\\d+/actions/attach", 423, "locked"],
      ["POST", "/primary_ips", 409, "conflict"],
      ["POST", "/firewalls", 409, "uniqueness_error"],
    ] as const
  ).map(
    ([method, path, status, code]) =>
      [{ cloud: "hetzner", method, path }, { status, code }, new RegExp(code)] as const,
  ),
  [
    { cloud: "hetzner", method: "GET", path: "/volumes" },
    { status: 401, code: "unauthorized" },
    /Hetzner refuses hcloud:token: 401 .*Security, API tokens/,
  ],
  ...[81053, 81058].map(
    (code) =>
      [
        { cloud: "cloudflare", method: "POST", path: `/zones/${zone.id}/dns_records` },
        { status: 400, code },
        new RegExp(String(code)),
      ] as const,
  ),
];

export const nameOf = ({ cloud, method, path }: Call): string => `${cloud} ${method} ${path}`;

/** What an `up` from nothing asks, as `calls` has it. */
export async function callsOfAnUp(): Promise<string[]> {
  const stack = new CloudStack();
  await stack.start();
  try {
    well(await stack.up());
    const asked = stack.calls().map((call) => ({ ...call, path: call.path.replace(/\b\d{6,}\b/g, "\\d+") }));
    return [...new Set(asked.map(nameOf))];
  } finally {
    await stack.stop();
  }
}

/** @throws Error with all that was said where it failed */
function well(result: Result): Result {
  if (result.code !== 0) throw new Error(`ended with ${result.code}:\n${result.text}`);
  return result;
}

/** Commands that a refusal says to type. */
const toType = ({ text }: Result): string[][] => {
  // Pulumi shows an error where it happens, and again at the end.
  const commands = new Set(
    [...text.matchAll(/pulumi (import --stack .*? \S*\d\S*)(?= && |$)/gm)].map(([, found = ""]) => found),
  );
  return [...commands].map((command) =>
    [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ""),
  );
};

export interface Ending {
  /** How the `up` with the fault ended. */
  readonly first: Result;
  /** What had to be typed besides `pulumi up`, until that went through. */
  readonly typed: readonly string[];
}

/** What the program asks before the plugins do; of the others' kinds it is the first to ask. */
export const questions: readonly Call[] = calls.filter(
  ({ method, path }) => method === "GET" && !/\\d|^\/(images|actions)$/.test(path),
);

/** An `up` with this fault, then what it says to type and `pulumi up`, until there is the whole stack, everything once. */
export async function meet(call: Call, kind: FaultKind | JsonObject): Promise<Ending> {
  const stack = new CloudStack();
  await stack.start();
  try {
    await stack.fault(call.cloud, {
      ...(typeof kind === "string" ? faultKinds[kind] : kind),
      ...{ method: call.method, path: call.path },
    });
    const first = await stack.up();
    expect({ faultsThatNobodyMet: await stack.unmet() }).toEqual({ faultsThatNobodyMet: 0 });
    // What the program could not ask it says; whether the cloud was there or not, nothing else has gone wrong.
    if (first.code === 0 && questions.some((each) => nameOf(each) === nameOf(call)))
      expect(first.text).toMatch(/nobody has looked whether /);
    const typed: string[] = [];
    let last = first;
    for (let tries = 0; last.code !== 0 && tries < 4; tries += 1) {
      for (const command of toType(last)) {
        typed.push(command.join(" "));
        well(await stack.pulumi(...command, "--yes"));
      }
      const [, server] =
        /a server called (\S+) already.*delete it in Hetzner's console/.exec(last.text) ?? [];
      if (server !== undefined) {
        typed.push(`delete ${server} in Hetzner's console`);
        await stack.deleteServer(server);
      }
      last = await stack.up();
    }
    well(last);
    await expectWhole(stack);
    return { first, typed };
  } finally {
    await stack.stop();
  }
}

/** All that a stack has, everything once, and nothing left to do. */
export async function expectWhole(stack: CloudStack): Promise<void> {
  const { primary_ips: addresses = [], ...others } = await stack.inventory();
  expect(others).toEqual({
    ...{ servers: ["clawkeep-test"], firewalls: ["clawkeep-test"], ssh_keys: ["clawkeep-test"] },
    ...{ volumes: ["clawkeep-test"], records: ["assistant.example.org"] },
  });
  expect(addresses).toHaveLength(2);
  expect(addresses.filter((name) => name === "clawkeep-test")).toHaveLength(1);
  well(await stack.pulumi("preview", "--diff", "--expect-no-changes"));
}
