/** How a rate counts time. */
import { Pace } from "../../../config-files/http-service/pace";

it("a clock that is set back owes nobody that time", async () => {
  const pace = new Pace({ burst: 2, perMinute: 60 }, "rate");
  const wall = jest.spyOn(Date, "now").mockReturnValue(Date.now() - 7_200_000);
  try {
    await pace.turn();
    expect(pace.owedMs()).toBe(0);
  } finally {
    wall.mockRestore();
  }
});
