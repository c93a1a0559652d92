// Empties a gateway's state for a copy that is put back, with the gateway's uid: what is deep or shut as well.
// Usage: node clear-state.mjs STATE
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";

process.chdir(process.argv[2]);
const names = () => readdirSync(".").filter((name) => !["sandboxes", "lost+found"].includes(name));
for (const [program, ...words] of [
  ["chmod", "-R", "u+rwX"],
  ["rm", "-rf"],
]) {
  const there = names();
  if (there.length > 0) spawnSync(program, [...words, "--", ...there], { stdio: "ignore" });
}
if (names().length > 0) {
  console.error(`clear-state: ${names().length} names in the state cannot be removed`);
  process.exit(1);
}
