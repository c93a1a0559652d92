/** The group of Docker's socket, as it comes back from a host, and what root's shell may put in front of it. */
import { groupId } from "../../../config-files/host/group-id";

it("is the number that prepare-host prints", () => {
  expect(groupId("996\n")).toBe("996");
});

it.each(["welcome back\n996\n", "996\nbye\n", "", "996 0", "root"])(
  "is refused with what came back, and where to look: %j",
  (said) => {
    expect(() => groupId(said)).toThrow(/\/root\/\.bashrc .*pulumi up again/);
    expect(() => groupId(said)).toThrow(JSON.stringify(said.trim()));
  },
);
