/** A small program with every fault that the recorder has to notice; configuration says which. */
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const connection = { host: "203.0.113.10", user: "root" };
const password = new random.RandomPassword("password", { length: 64 });
const fault = new pulumi.Config("planted").require("fault");

/** Takes the secret mark off, as code does that reads a value in an apply and keeps it. */
const bare = (change: (value: string) => string) => pulumi.unsecret(password.result).apply(change);

switch (fault) {
  case "none":
    new command.remote.Command("fine", { connection, create: "cat", stdin: password.result });
    break;
  case "in-apply":
    password.result.apply(
      (value) => new command.remote.Command("late", { connection, create: "cat", stdin: value }),
    );
    break;
  case "twice":
    new command.remote.Command("one", { connection, create: "true" });
    new command.remote.Command("one", { connection, create: "true" });
    break;
  case "call":
    void pulumi.runtime.invoke("hcloud:index/getImage:getImage", {});
    break;
  case "leak":
    new command.remote.Command("plain", { connection, create: bare((value) => `echo ${value}`) });
    new command.remote.Command("nested", {
      connection,
      create: "cat",
      triggers: [{ deep: [bare((value) => value)] }],
    });
    for (const offset of [0, 1, 2]) {
      const stdin = bare((value) => Buffer.from(`${"x".repeat(offset)}${value}`).toString("base64"));
      new command.remote.Command(`base64-${offset}`, { connection, create: "cat", stdin });
    }
    new command.remote.Command("url", {
      connection,
      create: bare((value) => encodeURIComponent(`"/${value}"`)),
    });
    new pulumi.ComponentResource("planted:index:Component", "component", { token: bare((value) => value) });
    break;
  default:
    throw new Error(`no such fault: ${fault}`);
}
