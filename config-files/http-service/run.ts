/** What a service of ours is, to whoever starts it. */
export interface Service<Configuration> {
  /** For errors. */
  readonly name: string;
  /** @throws {Error} naming the file and the setting */
  readonly read: (path: string) => Configuration;
  readonly isHealthy: (configuration: Configuration) => Promise<boolean>;
  /** @returns what ends it */
  readonly start: (configuration: Configuration) => Promise<() => Promise<void>>;
}

/**
 * Runs a service until it is told to end, or asks after its health.
 * Usage of each: `node PROGRAM [--health] CONFIGURATION`.
 */
export async function run<Configuration>(service: Service<Configuration>): Promise<void> {
  try {
    const [, , ...words] = process.argv;
    const path = words.at(-1);
    if (path === undefined || path.startsWith("-")) {
      throw new Error(`usage: node ${process.argv[1]} [--health] CONFIGURATION`);
    }
    const configuration = service.read(path);
    if (words[0] === "--health") {
      process.exitCode = (await service.isHealthy(configuration)) ? 0 : 1;
      return;
    }
    const end = await service.start(configuration);
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => void end().then(() => process.exit(0)));
    }
  } catch (error) {
    process.stderr.write(`${service.name}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
