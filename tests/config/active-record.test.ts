import { epochName, epochTarget, judge, newestRecord } from "../../config/active-record";

const hostname = "assistant.example.org";
const record = (epoch: number, stack: string) => ({
  type: "CNAME",
  name: epochName(hostname, epoch),
  content: epochTarget(hostname, stack),
});

describe("the record that counts", () => {
  it("is that of the highest epoch, by number and not by letters", () => {
    const found = [record(9, "prod"), record(10, "standby"), record(2, "prod")];
    expect(newestRecord(hostname, found)).toEqual({ epoch: 10, stack: "standby" });
  });

  it.each([
    ["of another name", { ...record(3, "x"), name: `_clawkeep-3.other.example.org` }],
    ["of another type", { ...record(3, "x"), type: "TXT" }],
    ["that points elsewhere", { ...record(3, "x"), content: "x.example.com" }],
    ["of no epoch", { ...record(3, "x"), name: `_clawkeep-03.${hostname}` }],
    ["with more before it", { ...record(3, "x"), name: `a._clawkeep-3.${hostname}` }],
  ])("is none %s", (_, other) => {
    expect(newestRecord(hostname, [other])).toBeUndefined();
    expect(newestRecord(hostname, [other, record(1, "prod")])).toEqual({ epoch: 1, stack: "prod" });
  });

  it("is read as Cloudflare may write it: other letters, a dot behind", () => {
    const content = `Prod.${hostname}.`;
    expect(newestRecord(hostname, [{ ...record(1, "prod"), content }])).toEqual({ epoch: 1, stack: "prod" });
  });
});

describe("what it means for a stack", () => {
  const [prod, standby] = [
    { stack: "prod", paired: "standby" },
    { stack: "standby", paired: "prod" },
  ];

  it.each([
    [prod, "active", { epoch: 1, stack: "prod" }],
    [standby, "standby", { epoch: 1, stack: "prod" }],
    [standby, "active", { epoch: 2, stack: "standby" }],
    [prod, "standby", { epoch: 2, stack: "standby" }],
  ] as const)("%p as %s agrees with %p", (stack, role, said) => {
    expect(judge({ ...stack, role }, said)).toEqual({ agrees: true });
  });

  it("takes the first epoch for the active one alone", () => {
    expect(judge({ ...prod, role: "active" }, undefined)).toEqual({ take: 1 });
    expect(judge({ ...standby, role: "standby" }, undefined)).toEqual({
      problem: expect.stringMatching(/^nobody has recorded .* pulumi up --stack prod, then this again$/),
    });
  });

  it.each([
    [
      standby,
      "active",
      { epoch: 1, stack: "prod" },
      /two would poll one bot.*--stack standby .*role standby$/,
    ],
    [prod, "active", { epoch: 2, stack: "standby" }, /two would poll one bot.*--stack prod .*role standby$/],
    [
      standby,
      "standby",
      { epoch: 2, stack: "standby" },
      /nobody would serve.*--stack standby .*role active$/,
    ],
    [prod, "standby", { epoch: 1, stack: "prod" }, /nobody would serve.*role active$/],
    [prod, "active", { epoch: 4, stack: "third" }, /who has deployed third\?$/],
    [standby, "standby", { epoch: 4, stack: "third" }, /who has deployed third\?$/],
  ] as const)("%p as %s is refused by %p", (stack, role, said, problem) => {
    expect(judge({ ...stack, role }, said)).toEqual({ problem: expect.stringMatching(problem) });
  });
});
