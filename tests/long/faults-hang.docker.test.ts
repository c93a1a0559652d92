/** Each question that the program asks Hetzner and Cloudflare is never answered: the `up` goes on, and says so. */
import { hang, meet, nameOf, questions } from "../clouds/faults";
import { ensureToolchain } from "../lab/toolchain/project";

jest.setTimeout(600_000);
beforeAll(ensureToolchain, 30 * 60_000);

test("there are questions of both clouds", () => {
  expect(questions.map(nameOf)).toEqual([
    ...["firewalls", "ssh_keys", "primary_ips", "volumes", "servers", "server_types"].map(
      (list) => `hetzner GET /${list}`,
    ),
    expect.stringMatching(/^cloudflare GET \/zones\/[0-9a-f]+$/),
    expect.stringMatching(/^cloudflare GET \/zones\/[0-9a-f]+\/dns_records$/),
  ]);
});

test.each(questions.map((call) => [nameOf(call), call] as const))(
  "%s: it is asked for 20 s, then the stack is made without the answer",
  async (_, call) => {
    const { first, typed } = await meet(call, hang);
    expect([first.code, first.code === 0 ? "" : first.text, typed]).toEqual([0, "", []]);
    expect(first.text).toMatch(
      /nobody has looked whether .* (Hetzner|Cloudflare) has not answered within 20 s/,
    );
  },
);
