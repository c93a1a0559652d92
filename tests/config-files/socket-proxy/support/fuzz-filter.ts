/** The filter's fuzzer: what it lets through is what Go reads in the same bytes, and is the hardened shape. */
import fc from "fast-check";
import { rebuildBinds, type FileSystem } from "../../../../config-files/socket-proxy/binds";
import { controls } from "../../../../config-files/socket-proxy/controls";
import { fuzz, fuzzSeconds, hits, spelled } from "../../../fuzzing";
import schema from "../../../../config-files/socket-proxy/schemas/create-body.schema.json";
import execSchema from "../../../../config-files/socket-proxy/schemas/exec-body.schema.json";
import { exampleConfiguration } from "./configuration";
import { comparable, goReads } from "./go-json";
import { createBody, execBody, olderCreateBody, type Body } from "./legal";

const configuration = exampleConfiguration();
const place = { ...configuration.sandbox, workspace: "workspace-1" };
const system: FileSystem = {
  mountInfo: () => "1 0 7:0 / /sandboxes/here rw,nosuid,nodev,nosymfollow - ext4 /dev/loop0 rw\n",
  lstat: () => ({ dev: 7, isDirectory: () => true }),
};
const toMounts: typeof rebuildBinds = (binds, sandbox) => rebuildBinds(binds, sandbox, system);

/** Names of fields of a schema, at any depth. */
function namesIn(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [];
  const own = "properties" in part ? Object.keys(part.properties as object) : [];
  return [...own, ...Object.values(part).flatMap(namesIn)];
}
const names = [
  ...new Set([...namesIn(schema), ...namesIn(execSchema), "Name", "MaximumRetryCount", "Type", "Config"]),
];

type Rebuild = (body: ReturnType<typeof controls.parseBody>) => object;
const bodies: readonly (readonly [name: string, legal: Body, rebuild: Rebuild, hardened: object])[] = [
  ...[createBody(place), olderCreateBody(place)].map(
    (legal, index) =>
      [
        `create, release line ${index}`,
        legal,
        (body: Parameters<Rebuild>[0]) => controls.rebuildCreateBody(body, configuration, toMounts),
        {
          User: "1000:1000",
          Image: configuration.sandbox.imageId,
          HostConfig: {
            Privileged: false,
            NetworkMode: "none",
            CapAdd: [],
            CapDrop: ["ALL"],
            ReadonlyRootfs: true,
          },
        },
      ] as const,
  ),
  [
    "exec",
    execBody("id"),
    (body) => controls.rebuildExecBody(body, configuration),
    { Privileged: false, User: "1000:1000", Tty: false },
  ],
];

/** Bytes that are no UTF-8, in place of a letter somewhere. */
const broken = fc.option(fc.record({ at: fc.nat(4000), byte: fc.constantFrom(0xff, 0xc1, 0x80, 0xed) }), {
  freq: 8,
});

export function fuzzFilter(): void {
  test.each(bodies)(
    "%s: what is let through is what Go reads",
    async (_, legal, rebuild, hardened) => {
      const seen = { through: 0, refused: 0 };
      await fuzz(
        fc.property(hits, broken, (all, odd) => {
          const bytes = Buffer.from(spelled(legal, all));
          if (odd !== null) bytes[odd.at % bytes.length] = odd.byte;
          let read, made;
          try {
            read = controls.parseBody(bytes);
            made = rebuild(read);
          } catch (error) {
            seen.refused++;
            expect((error as Error).constructor.name).toBe("Refusal");
            return;
          }
          seen.through++;
          expect(goReads(bytes, names)).toEqual(comparable(read));
          const sent = Buffer.from(JSON.stringify(made));
          expect(goReads(sent, names)).toEqual(comparable(made));
          expect(made).toMatchObject(hardened);
        }),
      );
      expect(seen).toEqual({ through: expect.any(Number), refused: expect.any(Number) });
      expect(Math.min(seen.through, seen.refused)).toBeGreaterThan(0);
    },
    fuzzSeconds * 1000 + 60_000,
  );

  test.each([
    ["a key twice", '{"User":"a","User":"b"}', { User: "b" }],
    ["a key in another case", '{"uſer":"b"}', { User: "b" }],
    ["a number of 64 bits", '{"User":9007199254740993}', { User: { number: "9007199254740993" } }],
  ])("the reading that it is compared with reads as Go does: %s", (_, text, wanted) => {
    expect(goReads(Buffer.from(text), names)).toEqual(wanted);
  });
}
