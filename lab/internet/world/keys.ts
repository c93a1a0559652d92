import { StateFile } from "../../emulator/state-file";
import type { ServiceName } from "./services";

type Stored = Partial<Record<ServiceName, readonly string[]>>;

/** The keys (bot tokens, for Telegram) that each service accepts. Kept on disk: a restart must not lock anyone out. */
export class Keys {
  private readonly file: StateFile<Stored> | undefined;
  private keys: Stored;

  /** @param file undefined: memory only */
  constructor(file?: string) {
    this.file = file === undefined ? undefined : new StateFile<Stored>(file);
    this.keys = this.file?.load({}) ?? {};
  }

  list(service: ServiceName): readonly string[] {
    return this.keys[service] ?? [];
  }

  all(): Stored {
    return this.keys;
  }

  accepts(service: ServiceName, key: string | undefined): boolean {
    return key !== undefined && this.list(service).includes(key);
  }

  add(service: ServiceName, added: readonly string[]): void {
    this.set(service, [...new Set([...this.list(service), ...added])]);
  }

  remove(service: ServiceName, removed: readonly string[]): void {
    this.set(
      service,
      this.list(service).filter((key) => !removed.includes(key)),
    );
  }

  private set(service: ServiceName, keys: readonly string[]): void {
    this.keys = { ...this.keys, [service]: keys };
    this.file?.save(this.keys);
  }
}
