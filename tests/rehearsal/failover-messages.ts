/** Somebody writes to the bot every few seconds while one stack takes over from another: what is answered twice, and what never. */
import { telegramSays, telegramSent } from "../../lab/rehearsal/world";
import { whatIsKept } from "./kept";
import { pair } from "./pairing";
import { eventually } from "./support";

/** Longer than a turn takes on a quiet machine. */
const everyMs = 3000;
/** As many as an outage of a minute collects. Where turns take longer, nobody writes faster than is answered for ever. */
const mostWaiting = 20;

export interface Message {
  readonly words: string;
  readonly at: number;
  /** How often it was answered. */
  readonly answers: number;
}

export class Messages {
  private readonly sender = { id: 5_000_000 + Math.floor(Math.random() * 1_000_000), first_name: "Carol" };
  private readonly said: { readonly words: string; readonly at: number }[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** Prod is the one that serves, and lets the sender in. */
  static async begin(): Promise<Messages> {
    const messages = new Messages();
    await messages.introduce();
    messages.timer = setInterval(() => void messages.say(), everyMs);
    await eventually("an answer before", 60, async () => {
      expect((await messages.all()).some(({ answers }) => answers > 0)).toBe(true);
    });
    return messages;
  }

  private async introduce(): Promise<void> {
    await telegramSays({ from: this.sender, text: "hello" });
    await eventually("somebody new asks to be let in", 60, async () => {
      const code = new RegExp(`sender\\s+([A-Z0-9]{8})\\s+.*${this.sender.id}`).exec(await pair())?.[1] ?? "";
      expect(await pair(code)).toMatch(new RegExp(`let in: .*${this.sender.id}`));
    });
  }

  private async say(): Promise<void> {
    // One before the last that was answered has been answered with another.
    const all = await this.all();
    if (all.length - 1 - all.findLastIndex(({ answers }) => answers > 0) >= mostWaiting) return;
    const at = Date.now();
    const words = `written-${at}`;
    this.said.push({ words, at });
    await telegramSays({ from: this.sender, text: `Say: ${words}` });
  }

  private async all(): Promise<Message[]> {
    const texts = (await telegramSent())
      .filter(
        ({ method, params }) => method === "sendMessage" && Number(params["chat_id"]) === this.sender.id,
      )
      .map(({ params }) => String(params["text"]));
    return this.said.map((each) => ({
      ...each,
      answers: texts.filter((text) => text.includes(each.words)).length,
    }));
  }

  /**
   * Nothing more is said. What comes while a turn is at work is one turn with what comes next, and has one answer with it: that it
   * has arrived, the conversation says.
   *
   * @param stack that serves now. @returns what was answered twice, or has not arrived when the last had time to
   */
  async odd(stack: string): Promise<Message[]> {
    clearInterval(this.timer);
    let odd: Message[] = [];
    try {
      await eventually("everything is answered once", 60, async () => {
        odd = (await this.all()).filter(({ answers }) => answers !== 1);
        expect(odd).toEqual([]);
      });
    } catch {
      // What is left is what the caller judges.
    }
    const silent = odd.filter(({ answers }) => answers === 0).map(({ words }) => words);
    const { found } = await whatIsKept(stack, silent);
    const left = odd.filter(({ words, answers }) => answers > 1 || !found.includes(words));
    console.log(
      `${this.said.length} messages; answered with another: ${found.length}; twice or never: ${JSON.stringify(left)}`,
    );
    return left;
  }
}
