/** Where a secret may be: on a command's standard input, in a file of mode 0400, behind a mark of the engine. */
import { containerType } from "../allowances";
import {
  at,
  broken,
  each,
  holdsUnknown,
  undecided,
  unknown,
  want,
  type Finding,
  type Inputs,
  type Resource,
  type ResourceRule,
  type Value,
} from "../rule";

/** What tokens and keys look like; a text of this form is one, marked or not. */
const shapes =
  /-----BEGIN [A-Z ]*PRIVATE KEY|\bsk-[A-Za-z0-9_-]{20}|\bpa-[A-Za-z0-9_-]{20}|\b\d{8,10}:[A-Za-z0-9_-]{35}|\bgh[pousr]_[A-Za-z0-9]{30}|\bAKIA[A-Z0-9]{16}/;
/** Names of variables that hold one. */
const secretName = /^[^=]*(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|_KEY)[^=]*=/i;

/** restic is root in its container, without rights (config/services.ts): its secrets are the one folder that is root's. */
const ofRestic = "/opt/openclaw/secrets/backups";

/** Paths of the texts in the value that look like a secret. */
function lookLikeSecrets(value: Value, path: string): string[] {
  if (typeof value === "string") return shapes.test(value) ? [path] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => lookLikeSecrets(part, `${path}.${key}`));
}

/** One finding for each place where something is marked secret, or looks like one; undecided while a part is unknown. */
function noSecretIn({ inputs, secrets }: Resource, names: readonly string[]): Finding[] {
  if (secrets === undefined) return [unmarked];
  const beneath = (path: string, name: string): boolean =>
    path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`);
  return names.flatMap((name) => [
    ...secrets
      .filter((path) => beneath(path, name))
      .map((path) => broken(`${path} holds a value that is marked secret`)),
    ...lookLikeSecrets(inputs[name], name).map((path) =>
      broken(`${path} holds something of the form of a key or token`),
    ),
    ...(holdsUnknown(inputs[name]) ? [undecided(`${name} holds no secret`)] : []),
  ]);
}

/** Said when the rule has been set to another level: only at its own is it shown what is marked. */
const unmarked = broken("the engine has not said which values are secret: leave this rule at its own level");

/** The order that install-files reads on standard input; undefined for other commands. */
function filesOrder(stdin: Value): Inputs | undefined {
  if (typeof stdin !== "string") return undefined;
  try {
    const order = JSON.parse(stdin) as Inputs | null;
    return typeof order === "object" && order !== null && typeof order["root"] === "string"
      ? order
      : undefined;
  } catch {
    return undefined;
  }
}

export const secretRules: readonly ResourceRule[] = [
  {
    name: "command-secret-on-stdin",
    promise:
      "A secret is never in a command's text or environment: it would stand in process lists, errors and previews.",
    mend: "Hand it over on stdin.",
    unknown: "waits",
    types: ["command:*"],
    readsSecretMarks: true,
    check: (command) =>
      noSecretIn(
        command,
        // The provider marks the connection as a whole.
        Object.keys(command.inputs).filter((name) => name !== "stdin" && name !== "connection"),
      ),
  },
  {
    name: "command-secret-files-marked",
    promise:
      "What lands below /opt/openclaw/secrets is marked secret, in files of mode 0400 that one uid reads.",
    mend: "Write it with Host.secrets.",
    unknown: "waits",
    types: ["command:remote:Command"],
    readsSecretMarks: true,
    check: ({ inputs, secrets }) => {
      const { stdin } = inputs;
      if (stdin === unknown) return [undecided("secret files are marked")];
      const order = filesOrder(stdin);
      if (order === undefined || !/^"\/opt\/openclaw\/secrets/.test(JSON.stringify(order["root"]))) return [];
      if (secrets === undefined) return [unmarked];
      return [
        ...(secrets.includes("stdin") ? [] : [broken("stdin is not marked secret")]),
        ...want(order["directoryMode"], (mode) => mode === "0500", "the directory's mode is not 0500"),
        ...want(
          order["uid"],
          (uid) => (typeof uid === "number" && uid > 0) || order["root"] === ofRestic,
          "the files belong to root",
        ),
        ...each(order["files"], "files", (file) =>
          want(at(file, "mode"), (mode) => mode === "0400", "a file's mode is not 0400"),
        ),
      ];
    },
  },
  {
    name: "container-no-secret",
    promise: "No secret is in a container's environment, arguments or labels: docker inspect shows them all.",
    mend: "Mount a file that Host.secrets has written.",
    unknown: "waits",
    types: [containerType],
    readsSecretMarks: true,
    check: (container) => [
      // Mounts and networks are judged by rules of their own, and are unknown in a first preview.
      ...noSecretIn(
        container,
        Object.keys(container.inputs).filter(
          (name) => !["volumes", "networksAdvanced", "groupAdds"].includes(name),
        ),
      ),
      ...each(container.inputs["envs"], "envs", (variable) =>
        want(
          variable,
          (value) => typeof value === "string" && !secretName.test(value),
          "a variable has the name of a secret",
        ),
      ),
    ],
  },
  {
    name: "server-user-data-secret",
    promise:
      "User data holds the host's private key: it is marked secret, so that state and previews do not show it.",
    mend: "Wrap userData in pulumi.secret.",
    unknown: "waits",
    types: ["hcloud:index/server:Server"],
    readsSecretMarks: true,
    check: ({ inputs, secrets }) => {
      if (inputs["userData"] === undefined || inputs["userData"] === null) return [];
      // The engine drops the mark of a value that it does not know.
      if (inputs["userData"] === unknown) return [undecided("userData is marked secret")];
      if (secrets === undefined) return [unmarked];
      return secrets.includes("userData") ? [] : [broken("userData is not marked secret")];
    },
  },
  {
    name: "provider-token-secret",
    promise: "Tokens of the cloud providers are marked secret.",
    mend: "Set them with pulumi config set --secret.",
    unknown: "waits",
    types: ["pulumi:providers:hcloud", "pulumi:providers:cloudflare"],
    readsSecretMarks: true,
    check: ({ inputs, secrets }) =>
      ["token", "apiToken", "apiKey", "apiUserServiceKey"].flatMap((name) => {
        const value = inputs[name];
        if (value === undefined || value === null) return [];
        if (value === unknown) return [undecided(`${name} is marked secret`)];
        if (secrets === undefined) return [unmarked];
        return secrets.includes(name) ? [] : [broken(`${name} is not marked secret`)];
      }),
  },
];
