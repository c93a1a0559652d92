/** Which tools an agent has, and what they may touch. */
import {
  agentToolDenials,
  httpToolDenials,
  policyToolDenials,
  webToolDenials,
} from "../../../config/tool-denials";
import { inBoth, type PolicyArgs, type PolicyRow } from "./row";

/** The policy's denials without those that somebody lifted by name, and what the user denies besides. */
const denied = ({ gateway }: PolicyArgs): string[] => [
  ...new Set([
    ...policyToolDenials.filter((name) => !gateway.tools.liftDenials.includes(name)),
    ...gateway.tools.deny,
  ]),
];

/** A list of its own: the software's default also has tools that the policy denies, and may grow. */
const allowed =
  (own: readonly string[]) =>
  (args: PolicyArgs): string[] => {
    const memory = args.gateway.memory === undefined ? [] : ["memory_search", "memory_get"];
    const { allow, liftDenials } = args.gateway.tools;
    const off = denied(args);
    return [...new Set([...own, ...memory, ...allow, ...liftDenials])].filter((name) => !off.includes(name));
  };

const files = ["exec", "read", "write", "edit", "apply_patch"];

export const toolRows: readonly PolicyRow[] = [
  {
    id: "tool-denials",
    intent: "An agent never gets the tools that start processes elsewhere, reconfigure, or reach outside.",
    guide: "506",
    lines: inBoth({
      keys: { "tools.deny": denied },
      note: `the guide's ${agentToolDenials.length} and ${webToolDenials.join(", ")}; names a release does not know are ignored by both lines`,
    }),
  },
  {
    id: "tools-in-sandbox",
    intent: "In its sandbox an agent has the tools of a short list and no others.",
    lines: {
      "2026.9": {
        keys: {
          "tools.sandbox.tools.allow": allowed([...files, "ls", "view_image", "session_status"]),
          "tools.sandbox.tools.deny": denied,
          // Otherwise some tools are found and called by way of three others, and no request shows which there are.
          "tools.toolSearch": false,
        },
        note: "memory_search and memory_get are not on the software's own list, so memory names them",
      },
      "2026.2": {
        keys: {
          "tools.sandbox.tools.allow": allowed([...files, "image", "session_status"]),
          "tools.sandbox.tools.deny": denied,
        },
      },
    },
  },
  {
    id: "http-tool-denials",
    intent: "Over HTTP nobody calls the tools that reconfigure or start work elsewhere, token or not.",
    guide: "507",
    lines: inBoth({ keys: { "gateway.tools.deny": [...httpToolDenials] } }),
  },
  {
    id: "elevated",
    intent: "No command leaves the sandbox: there is no elevated mode, and commands run nowhere else.",
    guide: "506",
    lines: {
      "2026.9": {
        keys: {
          "tools.elevated.enabled": false,
          "tools.exec.host": "sandbox",
          "tools.exec.timeoutSeconds": ({ gateway }) => gateway.timeouts.commandSeconds,
        },
      },
      "2026.2": {
        keys: {
          "tools.elevated.enabled": false,
          "tools.exec.host": "sandbox",
          "tools.exec.timeoutSec": ({ gateway }) => gateway.timeouts.commandSeconds,
        },
        alreadyDefault: ["tools.exec.host"],
      },
    },
  },
  {
    id: "files",
    intent: "File tools stay inside the workspace.",
    lines: inBoth({ keys: { "tools.fs.workspaceOnly": true } }),
  },
  {
    id: "other-sessions",
    intent: "A session sees itself only: no other session, no other agent, no other channel.",
    guide: "486",
    lines: inBoth({
      keys: {
        "tools.sessions.visibility": "self",
        "tools.agentToAgent.enabled": false,
        "tools.message.crossContext.allowWithinProvider": false,
        "tools.message.crossContext.allowAcrossProviders": false,
      },
    }),
  },
  {
    id: "web",
    intent: "The agent fetches nothing from the web, also not behind a link that somebody sends.",
    lines: inBoth({
      keys: {
        "tools.web.fetch.enabled": false,
        "tools.web.search.enabled": false,
        "tools.links.enabled": false,
      },
    }),
  },
  {
    id: "scheduler",
    intent: "The agent does nothing by itself: no scheduled work, no heartbeat.",
    guide: "506",
    lines: inBoth({ keys: { "cron.enabled": false, "agents.defaults.heartbeat.every": "0m" } }),
  },
];
