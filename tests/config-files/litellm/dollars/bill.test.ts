/** What the bill of a stand-in provider comes to, by hand. */
import { z } from "zod";
import { model } from "../../../../config/model-schema";
import { gpt, sonnet } from "../support/deployment";
import { billed, mostInputTokens } from "./bill";

const memory = {
  ...{ name: "memory", provider: "voyage", model: "voyage-3.5", mode: "embedding" },
  ...{ budgetUsd: 1, requestsPerMinute: 100 },
};
const models = z.array(model).parse([sonnet, gpt, memory]);
/** 4 for the role's text and one for its mark each: `role`, `user`, `content`, then ten bytes. */
const messages = [{ role: "user", content: "ten bytes!" }];
const chat = { body: { model: "claude-sonnet-4-6", max_tokens: 1000, messages } };
const texts = { body: { model: "voyage-3.5", input: ["äöü", "abc"] } };
const inputTokens = 4 + 4 + 7 + 10 + 4 * 4;

it("a token for each byte of each text, and the marks around it", () => {
  expect(mostInputTokens(chat.body)).toBe(inputTokens);
  expect(mostInputTokens(texts.body)).toBe(6 + 4 + 3 + 4);
  expect(mostInputTokens({ ...chat.body, system: "xx" })).toBe(inputTokens + 2 + 4);
});

it("an answer costs what its tokens do, at list price", () => {
  const usage = { input: 1000, output: 100 };
  expect(billed(chat, { usage }, models)).toBeCloseTo((1000 * 3 + 100 * 15) / 1e6, 12);
  expect(billed(chat, { usage, delayMs: 9000 }, models)).toBeCloseTo((1000 * 3 + 100 * 15) / 1e6, 12);
  const asGpt = { body: { ...chat.body, model: "gpt-4o" } };
  expect(billed(asGpt, { usage }, models)).toBeCloseTo((1000 * 2.5 + 100 * 10) / 1e6, 12);
  expect(billed(texts, { usage: { input: 10, output: 7 } }, models)).toBeCloseTo((10 * 0.06) / 1e6, 12);
});

it.each([{ hang: true }, { drop: "before" }, { drop: "middle" }, { status: 504 }] as const)(
  "%j costs the longest answer",
  (reply) => {
    const streamed = { body: { ...chat.body, stream: true } };
    expect(billed(streamed, reply, models)).toBeCloseTo((inputTokens * 3 + 1000 * 15) / 1e6, 12);
  },
);

it("an answer in one piece has no middle to be cut in, and texts that are embedded no answer to pay for", () => {
  const reply = { drop: "middle", usage: { input: 10, output: 10 } } as const;
  expect(billed(chat, reply, models)).toBeCloseTo((10 * 3 + 10 * 15) / 1e6, 12);
  expect(billed(texts, { hang: true }, models)).toBeCloseTo((17 * 0.06) / 1e6, 12);
});

it.each([400, 429, 500, 529])("an error %i is free", (status) => {
  expect(billed(chat, { status }, models)).toBe(0);
});

it("what cannot be reckoned is an error, not free", () => {
  const unbounded = { body: { ...chat.body, max_tokens: undefined } };
  expect(() => billed(unbounded, { hang: true }, models)).toThrow("without a limit");
  expect(() => billed(chat, {}, models)).toThrow("nobody drew");
  expect(() => billed({ body: null }, {}, models)).toThrow("was asked for undefined");
});
