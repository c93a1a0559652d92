import * as crypto from "node:crypto";

export type Message = Readonly<Record<string, unknown>> & {
  readonly message_id: number;
  readonly chat: Readonly<Record<string, unknown>>;
};
export type Update = Readonly<Record<string, unknown>> & { readonly update_id: number };

interface Poll {
  readonly finish: (updates: readonly Update[] | "conflict") => void;
}

interface StoredFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** One bot: its pending updates, who polls for them, the messages of its chats, its files. */
export class Bot {
  readonly id: number;
  readonly username: string;
  webhookUrl = "";
  commands: unknown = [];
  /** How often a poll was ended because another one began: two gateways with one token. */
  conflicts = 0;
  /** Addresses that have polled. */
  readonly pollers = new Set<string>();
  private pending: Update[] = [];
  private poll: Poll | undefined;
  // Gateways remember the last update they saw: numbers must not start again when the world does.
  private nextUpdateId = Math.floor(Date.now() / 1000);
  private nextMessageId = Math.floor(Date.now() / 1000) % 1_000_000;
  private readonly messages = new Map<string, Message>();
  private readonly files = new Map<string, StoredFile>();

  constructor(readonly token: string) {
    this.id = Number(token.split(":")[0]);
    this.username = `lab_${this.id}_bot`;
  }

  get polling(): boolean {
    return this.poll !== undefined;
  }

  /** The bot as a user. */
  me(): Readonly<Record<string, unknown>> {
    return { id: this.id, is_bot: true, first_name: "Lab bot", username: this.username };
  }

  push(update: Readonly<Record<string, unknown>>): Update {
    const numbered = { ...update, update_id: this.nextUpdateId++ };
    this.pending.push(numbered);
    this.poll?.finish(this.pending);
    return numbered;
  }

  /**
   * Long polling. As at Telegram's, a new poll ends the one before, which gets the conflict.
   * @param gone resolves when the caller hangs up
   */
  async updates(
    query: { offset: number; limit: number; timeoutSeconds: number; source: string },
    gone: Promise<void>,
  ): Promise<readonly Update[] | "conflict"> {
    this.pollers.add(query.source);
    if (this.poll !== undefined) {
      this.conflicts += 1;
      this.poll.finish("conflict");
    }
    if (query.offset < 0) this.pending = this.pending.slice(query.offset);
    else this.pending = this.pending.filter((update) => update.update_id >= query.offset);
    if (this.pending.length > 0 || query.timeoutSeconds === 0) return this.pending.slice(0, query.limit);
    const result = await new Promise<readonly Update[] | "conflict">((resolve) => {
      const poll: Poll = {
        finish: (updates) => {
          clearTimeout(timer);
          if (this.poll === poll) this.poll = undefined;
          resolve(updates);
        },
      };
      const timer = setTimeout(() => poll.finish([]), query.timeoutSeconds * 1000);
      this.poll = poll;
      void gone.then(() => poll.finish([]));
    });
    return result === "conflict" ? result : result.slice(0, query.limit);
  }

  /** Stores a message in a chat and gives it a number. */
  addMessage(message: Readonly<Record<string, unknown>> & { readonly chat: Message["chat"] }): Message {
    const added = { ...message, message_id: this.nextMessageId++, date: Math.floor(Date.now() / 1000) };
    this.setMessage(added);
    return added;
  }

  setMessage(message: Message): void {
    this.messages.set(`${String(message.chat["id"])}/${message.message_id}`, message);
  }

  message(chatId: unknown, messageId: unknown): Message | undefined {
    return this.messages.get(`${String(chatId)}/${String(messageId)}`);
  }

  deleteMessage(chatId: unknown, messageId: unknown): boolean {
    return this.messages.delete(`${String(chatId)}/${String(messageId)}`);
  }

  /** @param folder as Telegram names them: photos, documents, voice ... @returns the file's id */
  addFile(folder: string, extension: string, bytes: Buffer): string {
    const id = `lab${crypto.createHash("sha256").update(bytes).digest("hex").slice(0, 40)}`;
    this.files.set(id, { path: `${folder}/file_${this.files.size}.${extension}`, bytes });
    return id;
  }

  file(id: unknown): StoredFile | undefined {
    return this.files.get(String(id));
  }

  fileAt(path: string): StoredFile | undefined {
    return [...this.files.values()].find((file) => file.path === path);
  }
}
