/** What is written to the log, where, and how large it may grow. */
import { logFile } from "../paths";
import { inBoth, type PolicyRow } from "./row";

const mebibyte = 1024 * 1024;

export const loggingRows: readonly PolicyRow[] = [
  {
    id: "log-redaction",
    intent: "Tokens and keys are masked before a line is written.",
    guide: "481",
    lines: {
      "2026.9": { builtIn: "always on; logging.redactSensitive is refused" },
      "2026.2": {
        keys: { "logging.redactSensitive": "tools" },
        alreadyDefault: ["logging.redactSensitive"],
      },
    },
  },
  {
    id: "log-shape",
    intent: "Log lines are JSON, on the console too, from level info up.",
    guide: "483",
    lines: inBoth({
      keys: { "logging.level": "info", "logging.consoleLevel": "info", "logging.consoleStyle": "json" },
      alreadyDefault: ["logging.level", "logging.consoleLevel"],
      note: "logging.format is refused by both lines; the file is JSON lines whatever is set",
    }),
  },
  {
    id: "log-file",
    intent: "The log file is the gateway's own, below its state directory.",
    guide: "482",
    lines: inBoth({ keys: { "logging.file": logFile } }),
  },
  {
    id: "log-mode",
    intent: "Only the gateway's own uid reads the log file (mode 0600).",
    guide: "541",
    lines: {
      "2026.9": { builtIn: "OpenClaw creates it so" },
      "2026.2": { builtIn: "OpenClaw appends with the umask's mode, so the image's start script creates it" },
    },
  },
  {
    id: "log-size",
    intent: "The log is cut at 10 MiB, with five older pieces kept.",
    lines: {
      "2026.9": { keys: { "logging.maxFileBytes": 10 * mebibyte } },
      "2026.2": {
        notOffered: "the file is never cut; the state file system bounds it, and with it the gateway",
      },
    },
  },
];
