/** Stands for LiteLLM on a gateway's network: the lab's model, and on loopback its control API. */
import { createServer } from "node:http";
import { controlListener } from "../../../../lab/internet/world/control";
import { World } from "../../../../lab/internet/world/world";

const world = new World();
world.keys.add("openai", [process.env["MODEL_KEY"] ?? ""]);
createServer(world.listener("openai")).listen(4000);
createServer(controlListener(world, ["127.0.0.1"])).listen(8080, "127.0.0.1");
