/** Programs of Node that fill a file system of the gateway's; `going` and `pause` come before them. */

/** Fills it to the last byte, makes room, and does it again. @param folder made if it is not there */
export const fillsAt = (folder: string): string => `const folder = ${JSON.stringify(folder)};
mkdirSync(folder, { recursive: true });
const path = folder + "/full";
while (going()) {
  const file = openSync(path, "w");
  try { while (going()) { writeSync(file, Buffer.alloc(4 << 20, 1)); await pause(0); } } catch {} finally { closeSync(file); }
  await pause(1000);
  rmSync(path, { force: true });
}
`;

/** Makes empty files until there is no inode left, and keeps them while it runs. */
export const makesFilesAt = (folder: string): string => `const folder = ${JSON.stringify(folder)} + "/inodes";
mkdirSync(folder, { recursive: true });
try {
  // More than a GiB of ext4 has.
  for (let made = 0; going() && made < 100000; made++) {
    closeSync(openSync(folder + "/" + made, "w"));
    if (made % 500 === 0) await pause(0);
  }
} catch {}
while (going()) await pause(200);
`;
