import { Resolver } from "node:dns/promises";
import { addresses, endpoints, providers6 } from "../../../lab/internet/addresses";
import { containerNames, upInternet } from "../../../lab/internet/internet";
import { ensureCa } from "../../../lab/lib/ca";
import { docker, inspect } from "../../../lab/lib/docker";
import { attempt } from "../../../lab/lib/exec";

jest.setTimeout(120_000);

// The lab of this checkout is used as it is, and left running.
const ids = () =>
  Promise.all(Object.values(containerNames).map((name) => inspect("container", name, "{{.Id}}")));

async function curl(name: string, address: string, path: string) {
  const ca = (await ensureCa()).cert;
  return attempt("curl", [
    "-sS",
    "--cacert",
    ca,
    "--resolve",
    `${name}:443:${address}`,
    `https://${name}${path}`,
  ]);
}

beforeAll(() => upInternet());

it("leaves alone what runs, and brings back what was killed", async () => {
  const before = await ids();
  await upInternet();
  expect(await ids()).toEqual(before);
  await docker(["kill", ...Object.values(containerNames)]);
  await upInternet();
  const health = await fetch(`${endpoints.worldControl}/health`);
  expect(health.ok).toBe(true);
});

it("resolves the lab's names and no others", async () => {
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([addresses.dns]);
  expect(await resolver.resolve4("api.openai.com")).toEqual([addresses.openai]);
  for (const [name, address] of Object.entries(providers6))
    expect(await resolver.resolve6(name)).toEqual([address]);
  await expect(resolver.resolve6("api.openai.com")).rejects.toMatchObject({ code: "ENODATA" });
  await expect(resolver.resolve4("example.com")).rejects.toMatchObject({ code: "ENOTFOUND" });
  expect(await resolver.reverse(addresses.nobody)).toEqual(["api.anthropic.com"]);
});

it("speaks TLS for each service by the lab's authority, and for no name of another one", async () => {
  expect((await curl("api.anthropic.com", addresses.anthropic, "/v1/messages")).stdout).toContain(
    "invalid x-api-key",
  );
  expect((await curl("nobody.example", addresses.nobody, "/leak")).stdout).toContain("you reached the host");
  expect((await curl("api.anthropic.com", addresses.nobody, "/")).stderr).toContain(
    "no alternative certificate subject",
  );
});
