/** Who talks to the agent, what it is told about itself, and what conversations know of each other. */
import { telegramSettings } from "../../../config/gateway-schema";
import { relayUrl } from "../../relay/deployment";
import { secretValue, soulFile, workspaceDirectory } from "../paths";
import { inBoth, type Json, type PolicyArgs, type PolicyRow } from "./row";

const telegram =
  (value: (settings: NonNullable<ReturnType<typeof telegramSettings>>) => Json | undefined) =>
  ({ gateway }: PolicyArgs): Json | undefined => {
    const settings = telegramSettings(gateway);
    return settings === undefined ? undefined : value(settings);
  };

const noTelegram =
  "no apiRoot in this line, so the bot's token would be in the gateway; config refuses Telegram";

export const conversationRows: readonly PolicyRow[] = [
  {
    id: "session-isolation",
    intent: "Each sender on each channel, and each group, has a session of its own.",
    guide: "486",
    lines: {
      "2026.9": {
        keys: { "session.dmScope": "per-channel-peer", "session.groupScope": "per-group" },
        alreadyDefault: ["session.groupScope"],
      },
      "2026.2": {
        keys: { "session.dmScope": "per-channel-peer" },
        note: "groups always have a session of their own",
      },
    },
  },
  {
    id: "plugins",
    intent: "Only the plugins of a list load: memory, and the channels that are used.",
    guide: "489",
    lines: {
      "2026.9": {
        keys: {
          "plugins.allow": ({ gateway }) => [
            "memory-core",
            ...(telegramSettings(gateway) === undefined ? [] : ["telegram"]),
          ],
        },
        note: "never empty: an empty list has been read as no restriction",
      },
      "2026.2": { keys: { "plugins.allow": ["memory-core"] }, note: "without it the file is refused" },
    },
  },
  {
    id: "dm-pairing",
    intent: "A stranger's message reaches no model: its sender has to be paired first.",
    guide: "514, 597-617",
    lines: {
      "2026.9": {
        keys: {
          "channels.telegram.dmPolicy": telegram(({ dmPolicy }) => dmPolicy),
          "channels.telegram.allowFrom": telegram(({ allowFrom }) =>
            allowFrom.length === 0 ? undefined : [...allowFrom],
          ),
        },
        alreadyDefault: ["channels.telegram.dmPolicy"],
        note: "the guide's channels.*.dmPolicy is refused; Telegram is the only channel there is",
      },
      "2026.2": { notOffered: noTelegram },
    },
  },
  {
    id: "group-mention",
    intent: "In a group the bot answers only where it was allowed to be, and only when it is mentioned.",
    guide: "515",
    lines: {
      "2026.9": {
        keys: {
          "channels.defaults.groupPolicy": "allowlist",
          "channels.telegram.groupPolicy": telegram(({ groups }) =>
            groups.allowed.length === 0 ? "disabled" : "allowlist",
          ),
          "channels.telegram.groups": telegram(({ groups }) =>
            groups.allowed.length === 0
              ? undefined
              : Object.fromEntries(
                  groups.allowed.map((id) => [id, { requireMention: groups.requireMention }]),
                ),
          ),
        },
        alreadyDefault: ["channels.defaults.groupPolicy"],
      },
      "2026.2": {
        keys: { "channels.defaults.groupPolicy": "allowlist" },
        alreadyDefault: ["channels.defaults.groupPolicy"],
        note: "and no channel that has groups",
      },
    },
  },
  {
    id: "telegram",
    intent: "Telegram goes through the relay; the gateway holds a placeholder for the bot's token.",
    guide: "597-617",
    lines: {
      "2026.9": {
        keys: {
          "channels.telegram.enabled": telegram(() => true),
          "channels.telegram.apiRoot": telegram(() => relayUrl),
          "channels.telegram.botToken": telegram(() => secretValue("2026.9", "telegramBotToken")),
          "channels.telegram.configWrites": telegram(() => false),
        },
      },
      "2026.2": { notOffered: noTelegram },
    },
  },
  {
    id: "group-talk",
    intent: "Answers carry neither the model's reasoning nor tool details, in groups or elsewhere.",
    guide: "510-511",
    lines: {
      "2026.9": {
        keys: { "agents.defaults.reasoningDefault": "off", "agents.defaults.verboseDefault": "off" },
        alreadyDefault: ["agents.defaults.reasoningDefault", "agents.defaults.verboseDefault"],
        note: "the guide's groupChat.enableReasoning and enableVerbose are refused by both lines",
      },
      "2026.2": {
        keys: { "agents.defaults.verboseDefault": "off" },
        alreadyDefault: ["agents.defaults.verboseDefault"],
        note: "reasoning is off until a chat command asks for it; no key sets its default",
      },
    },
  },
  {
    id: "soul",
    intent: "The agent's rules (SOUL.md) come with the stack and nothing inside can change them.",
    guide: "518-537",
    lines: inBoth({
      keys: {
        "agents.defaults.workspace": workspaceDirectory,
        "agents.defaults.skipBootstrap": true,
      },
      note: `mounted read-only at ${soulFile}, where both lines read it for every prompt`,
    }),
  },
  {
    id: "state-permissions",
    intent: "Only the gateway's own uid reads its state: the directory is 0700.",
    guide: "540-541",
    lines: inBoth({
      builtIn:
        "the image's start script closes the directory; files are 0600, but for lock files that OpenClaw makes 0640",
    }),
  },
  {
    id: "turn-timeout",
    intent: "A turn that does not end is ended.",
    lines: inBoth({
      keys: { "agents.defaults.timeoutSeconds": ({ gateway }) => gateway.timeouts.turnSeconds },
    }),
  },
];
