/** A gateway that is stopped has stopped, with all that runs on its behalf: on a real engine. */
import { home, name, SmallHost, unit, until } from "./small-host";

jest.setTimeout(120_000);
const host = new SmallHost();
beforeAll(() => host.start());
afterAll(() => host.stop());
afterEach(() => host.clear());

const sandbox = (gateway: string): string =>
  host.run(`docker run --detach --network none --label clawkeep.gateway=${gateway} base:1 sleep 600`).trim();
const isClosed = (): boolean => host.try(`test -e ${home}/of-sandboxes/closed`).status === 0;

function serve(): void {
  const { status, stderr } = host.activate(host.create({ version: 1 }), { seconds: 20 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(isClosed()).toBe(false);
}

test("a stop removes its sandboxes and no others, and its filter stays closed until it is started", () => {
  serve();
  const [ours, theirs] = [sandbox(name), sandbox("other")];
  host.run(`systemctl stop ${unit}`);
  expect([host.find(ours), host.find(theirs)?.State.Running, isClosed()]).toEqual([undefined, true, true]);
  // What somebody has made in between does not outlive the start.
  const between = sandbox(name);
  host.run(`systemctl start ${unit}`);
  return until("it is open again", () => !isClosed()).then(() => expect(host.find(between)).toBeUndefined());
});

test("a gateway that ends by itself leaves no sandbox behind", async () => {
  serve();
  const ours = sandbox(name);
  host.run(`docker kill ${name}`);
  await until("its sandbox is gone", () => host.find(ours) === undefined);
});
