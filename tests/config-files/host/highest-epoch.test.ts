/** What a host keeps of the record of the active stack, and that no older or changed list has anything start beside the new one. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  changed,
  directory,
  fault,
  hostname,
  order,
  python,
  recorded,
  removed,
  script,
  staysDown,
} from "./active-record-world";

// Processes on a busy machine.
jest.setTimeout(120_000);

const file = (): string => join(directory, "highest.json");
const kept = (): unknown => JSON.parse(readFileSync(file(), "utf8"));
const keep = (epoch: number, stack: string, name = hostname): void =>
  writeFileSync(file(), JSON.stringify({ [name]: { epoch, stack } }));
const nobody = () => order({ api: "http://127.0.0.1:9/client/v4" });
const forget = "on this host: /opt/openclaw/bin/active-record forget";
const doubt = (answered: string, seen: string, name = /\d+/.exec(seen)?.[0]): string =>
  `Cloudflare answers with ${answered}, and this host has read ${seen} before: the answer is an older one, or somebody has deleted or ` +
  `changed the record _clawkeep-${name}.${hostname}. If that was on purpose, ${forget}`;
const disbelieved = (...words: Parameters<typeof doubt>): string =>
  `nobody knows which stack is the active one: ${doubt(...words)}`;

describe("a list that says less than was read before", () => {
  beforeEach(async () => {
    await recorded(5, "prod");
    expect(await staysDown(order())).toBe("None");
    await recorded(6, "standby");
    expect(await staysDown(order())).toMatch(/^standby is recorded as the active stack \(epoch 6\)/);
    expect(kept()).toEqual({ [hostname]: { epoch: 6, stack: "standby" } });
  });

  it("is not believed without its highest epoch, until an operator says that it was deleted on purpose", async () => {
    await removed(6);
    expect(await staysDown(order())).toBe(disbelieved("epoch 5 (prod)", "epoch 6 (standby)"));
    const asked = await script([], order());
    expect(asked).toEqual({
      code: 1,
      said: `active-record: ${doubt("epoch 5 (prod)", "epoch 6 (standby)")}`,
    });
    expect((await script(["remembered"], order())).said).toBe("standby, epoch 6");
    expect((await script(["forget"], order())).said).toBe(`forgotten: epoch 6 (standby) of ${hostname}`);
    expect((await script(["remembered"], order())).said).toBe("nobody yet");
    expect(await staysDown(order())).toBe("None");
    expect(kept()).toEqual({ [hostname]: { epoch: 5, stack: "prod" } });
    expect((await script(["forget"], order())).code + (await script(["forget"], order())).code).toBe(0);
  });

  it("is not believed where it is empty", async () => {
    await removed(5, 6);
    expect(await staysDown(order())).toBe(disbelieved("no epoch at all", "epoch 6 (standby)"));
  });

  it("is not believed where it gives the same epoch to another stack", async () => {
    await changed(6, "prod");
    expect(await staysDown(order())).toBe(disbelieved("epoch 6 (prod)", "epoch 6 (standby)"));
    expect(kept()).toEqual({ [hostname]: { epoch: 6, stack: "standby" } });
  });

  it("keeps a gateway waiting at a boot; it goes on by itself where more is said", async () => {
    const { said } = await python(
      `answers = [a.Record(5, "prod"), a.Record(5, "prod"), a.Record(7, "prod")]
a._answer = lambda wanted: answers.pop(0)
print(a.stays_down(60))`,
      order(),
    );
    expect(said).toBe(
      `None\nwaits for the record of the active stack: ${doubt("epoch 5 (prod)", "epoch 6 (standby)")}`,
    );
  });

  it("can be overruled by the operator's word, which ends when another stack is read, whoever has asked", async () => {
    await removed(6);
    const anyway = join(directory, "anyway");
    writeFileSync(anyway, "");
    expect(await staysDown(order())).toMatch(/^None\nstarted without a look/);
    await recorded(7, "standby");
    expect((await script([], order())).said).toBe("standby, epoch 7");
    expect(existsSync(anyway)).toBe(false);
  });

  it("fails an up before its order is put, and before any guard is started", async () => {
    await removed(6);
    writeFileSync(join(directory, "order.json"), "old");
    const put = await script(["put"], undefined, JSON.stringify(order()));
    expect(put).toEqual({ code: 1, said: `active-record: ${doubt("epoch 5 (prod)", "epoch 6 (standby)")}` });
    expect(readFileSync(join(directory, "order.json"), "utf8")).toBe("old");
  });
});

test("an older list that names another stack does not end the right of the one that serves", async () => {
  keep(7, "prod");
  mkdirSync(join(directory, "run"));
  writeFileSync(join(directory, "run", "read"), "7 prod\n");
  await recorded(6, "standby");
  expect(await staysDown(order())).toBe("None");
  // After a boot nobody knows.
  rmSync(join(directory, "run"), { recursive: true });
  expect(await staysDown(order())).toBe(disbelieved("epoch 6 (standby)", "epoch 7 (prod)"));
});

test("whoever has read another stack's epoch: nothing goes on here while nobody answers, nor by a lease", async () => {
  await recorded(5, "prod");
  expect(await staysDown(order())).toBe("None");
  await recorded(6, "standby");
  // A backup, say.
  expect((await python("print(a.current())", order())).said).toBe("Record(epoch=6, stack='standby')");
  expect(await staysDown(nobody())).toMatch(/^nobody knows which .* cannot be asked/);
  const leased = await python("heard(1)\nprint(a.stays_down(0))", { ...nobody(), lease: 60 });
  expect(leased.said).toMatch(/^nobody knows/);
  // Nor is anything saved as if it were prod's.
  expect((await python("print(a.current())", nobody())).said).toMatch(/nobody knows/);
  // What a full disk has kept from being kept is newer.
  writeFileSync(join(directory, "run", "read"), "7 prod\n");
  expect(await staysDown(nobody())).toBe("None");
});

test("nothing is kept of what was not believed, or not read", async () => {
  await recorded(5, "prod");
  await fault({ method: "GET", status: 503, count: 1 });
  expect(await staysDown(order())).toMatch(/^nobody knows/);
  expect(existsSync(file())).toBe(false);
  expect((await python("print(a.current())", nobody())).code).toBe(1);
  expect(existsSync(file())).toBe(false);
});

test("an epoch is a hostname's: that of another name counts for nothing, and stays", async () => {
  keep(9, "standby", "other.example.org");
  await recorded(1, "prod");
  expect(await staysDown(order())).toBe("None");
  expect(kept()).toEqual({
    "other.example.org": { epoch: 9, stack: "standby" },
    [hostname]: { epoch: 1, stack: "prod" },
  });
});

test("a stack that has no other any more keeps nothing", async () => {
  keep(9, "standby");
  expect(await script(["remove"], order())).toEqual({ code: 0, said: "" });
  expect(existsSync(file())).toBe(false);
});

describe("what was kept is damaged", () => {
  const contents = [
    ...[
      "",
      `{"${hostname}": {"epo`,
      "[]",
      "9".repeat(5000),
      `{"${hostname}": {"epoch": "6", "stack": "prod"}}`,
    ],
    ...[`{"${hostname}": {"epoch": 6, "stack": "../x"}}`, "\u00ff\u00fe"],
  ];
  /** Of each content, what is said where that is answered. */
  const attempts = async (answer: string, before = ""): Promise<string[]> => {
    const { said } = await python(
      `found = []
for content in json.loads(${JSON.stringify(JSON.stringify(contents))}):
    with open(highest_epoch.KEPT, "wb") as stream: stream.write(content.encode("latin-1"))
    ${before}
    a._answer = lambda wanted: ${answer}
    found.append(a.stays_down(0))
print(json.dumps(found))`,
      order(),
    );
    return JSON.parse(said.split("\n")[0] ?? "") as string[];
  };

  it("no list is believed that would start something here, until the operator has it forgotten", async () => {
    const why = `${file()}, where this host keeps the highest epoch that it has read, is damaged: `;
    for (const answer of ["None", `a.Record(5, "prod")`])
      for (const said of await attempts(answer)) {
        expect(said).toContain(`nobody knows which stack is the active one: ${why}`);
        expect(said.endsWith(forget)).toBe(true);
      }
    expect((await script(["remembered"], order())).said).toContain(`active-record: ${why}`);
    expect((await script(["forget"], order())).said).toBe("forgotten: what could not be read");
    await recorded(5, "prod");
    expect(await staysDown(order())).toBe("None");
  });

  it("another stack's name keeps everything down all the same", async () => {
    const read = "os.makedirs(os.path.dirname(a.READ), exist_ok=True); common.write(a.READ, '5 prod')";
    for (const said of await attempts(`a.Record(6, "standby")`, read))
      expect(said).toMatch(/^standby is recorded as the active stack \(epoch 6\)/);
    expect(existsSync(join(directory, "run", "read"))).toBe(false);
  });
});

test("the power goes while it is written: what was kept before is whole", async () => {
  keep(5, "prod");
  await recorded(6, "standby");
  expect((await python("os.rename = lambda *_: os._exit(9)\na.stays_down(0)", order())).code).toBe(9);
  expect(existsSync(`${file()}.clawkeep-new`)).toBe(true);
  expect(kept()).toEqual({ [hostname]: { epoch: 5, stack: "prod" } });
  expect(await staysDown(order())).toMatch(/^standby is recorded/);
  expect(kept()).toEqual({ [hostname]: { epoch: 6, stack: "standby" } });
});

describe("who reads at the same time", () => {
  it("and is slower, with an older list, lowers nothing, and is not believed", async () => {
    await recorded(5, "prod");
    const said = await python(
      `
lock = common.lock
def late(*words):
    common.write(highest_epoch.KEPT, json.dumps({${JSON.stringify(hostname)}: {"epoch": 6, "stack": "standby"}}))
    return lock(*words)
common.lock = late
print(a.stays_down(0))`,
      order(),
    );
    expect(said.said).toBe(disbelieved("epoch 5 (prod)", "epoch 6 (standby)"));
    expect(kept()).toEqual({ [hostname]: { epoch: 6, stack: "standby" } });
  });

  it("keeps the highest of all, whoever is first", async () => {
    const { said } = await python(`
import random
highest_epoch.LOCK_SECONDS = 15
children = []
for epoch in random.sample(range(1, 25), 24):
    child = os.fork()
    if child == 0:
        highest_epoch.doubts("name", "prod", a.Record(epoch, "prod"))
        os._exit(0)
    children.append(child)
print(sum(os.waitpid(child, 0)[1] for child in children), highest_epoch.read("name"))`);
    expect(said).toBe("0 Record(epoch=24, stack='prod')");
  });
});

describe("where it cannot be kept", () => {
  const full = `write = common.write
def full(path, *more):
    if path == highest_epoch.KEPT: raise OSError(28, "No space left on device")
    return write(path, *more)
common.write = full
`;
  it("the assistant serves all the same; it is said once, however often it is asked", async () => {
    await recorded(5, "prod");
    const { said } = await python(`${full}print([a.stays_down(0) for _ in range(3)])`, order());
    expect(said).toBe(
      "[None, None, None]\nepoch 5 (prod) is read, and cannot be kept: [Errno 28] No space left on device: df /etc /run",
    );
  });

  it("another stack's name keeps it down, and ends what was read since the boot", async () => {
    await recorded(5, "prod");
    expect(await staysDown(order())).toBe("None");
    await recorded(6, "standby");
    expect((await python(`${full}print(a.stays_down(0))`, order())).said).toMatch(/^standby is recorded/);
    expect(await staysDown(nobody())).toMatch(/^nobody knows/);
  });

  it("for somebody has the lock and hangs: nobody waits for long", async () => {
    await recorded(5, "prod");
    const { said } = await python(
      `os.makedirs(os.path.dirname(highest_epoch.LOCK)); held = common.lock(highest_epoch.LOCK, 0)
highest_epoch.LOCK_SECONDS = 0.3
print(a.stays_down(0))`,
      order(),
    );
    expect(said).toMatch(/^None\nepoch 5 \(prod\) is read, and cannot be kept: somebody else has /);
  });
});
