/** Rules about one gateway that need more than one of its keys, or the stack's models. */
import { telegramSettings } from "./gateway-schema";
import { settingProblem, structureProblem, type Problem } from "./problems";
import { releaseProfiles } from "./release-lines";
import type { UsableSettings } from "./schema";
import { policyToolDenials } from "./tool-denials";

type Gateway = NonNullable<NonNullable<UsableSettings["gateways"]>[number]>;
type Models = UsableSettings["models"];
/** Path below a gateway, and what is wrong there. */
type Fault = readonly [path: readonly (string | number)[], message: string];

export function checkGateways(stack: string, { gateways, models }: UsableSettings): Problem[] {
  return (gateways ?? []).flatMap((gateway, index) =>
    gateway === undefined
      ? []
      : [
          ...telegramFaults(gateway),
          ...toolFaults(gateway),
          ...aliasFaults(gateway, models),
          ...modelFaults(gateway, models),
          ...timeFaults(gateway),
        ].map(([path, message]) => {
          // What is wrong with a tool's name, or a list that is empty, is mended in the list.
          const report = ["tools", "telegram"].includes(String(path[0])) ? structureProblem : settingProblem;
          return report(stack, "gateways", [index, ...path], message);
        }),
  );
}

function telegramFaults({ release, telegram }: Gateway): Fault[] {
  const settings = telegramSettings({ telegram });
  if (settings === undefined) return [];
  const faults: Fault[] = [];
  const never = release === undefined ? undefined : releaseProfiles[release].noTelegram;
  if (never !== undefined) faults.push([["telegram"], `cannot be on with release ${release}: ${never}`]);
  if (settings.dmPolicy === "allowlist" && settings.allowFrom.length === 0) {
    faults.push([["telegram", "allowFrom"], "is empty, and dmPolicy allowlist lets nobody else write"]);
  }
  return faults;
}

function toolFaults({ tools }: Gateway): Fault[] {
  const allow = tools?.allow ?? [];
  const lifted = tools?.liftDenials ?? [];
  return [
    ...allow.flatMap((name, index): Fault[] =>
      name !== undefined && policyToolDenials.includes(name)
        ? [
            [
              ["tools", "allow", index],
              `${name} is denied by the policy; name it in tools.liftDenials if you take that back`,
            ],
          ]
        : [],
    ),
    ...lifted.flatMap((name, index): Fault[] =>
      name !== undefined && !policyToolDenials.includes(name)
        ? [
            [
              ["tools", "liftDenials", index],
              `${name} is not denied by the policy (${policyToolDenials.join(", ")})`,
            ],
          ]
        : [],
    ),
    ...(tools?.deny ?? []).flatMap((name, index): Fault[] =>
      name !== undefined && (allow.includes(name) || lifted.includes(name))
        ? [[["tools", "deny", index], `${name} is allowed and denied at the same time`]]
        : [],
    ),
  ];
}

function aliasFaults({ aliases, models: own }: Gateway, models: Models): Fault[] {
  const entries = Object.entries(aliases ?? {});
  return entries.flatMap(([alias, model], index): Fault[] => {
    if (model === undefined) return [];
    const twin = entries.slice(0, index).find(([, other]) => other === model);
    if (twin !== undefined) return [[["aliases", alias], `${model} has the alias ${twin[0]} already`]];
    const fault = modelProblem(model, "chat", models, own);
    return fault === undefined ? [] : [[["aliases", alias], fault]];
  });
}

function modelFaults({ defaultModel, memory, models: own }: Gateway, models: Models): Fault[] {
  const faults: Fault[] = [];
  const indexing =
    memory?.model === undefined ? undefined : modelProblem(memory.model, "embedding", models, own);
  if (indexing !== undefined) faults.push([["memory", "model"], indexing]);
  const known = (models ?? []).find((model) => model?.name === defaultModel);
  if (known?.mode === "embedding") {
    faults.push([["defaultModel"], `${known.name ?? ""} has the mode embedding, it answers nobody`]);
  }
  if (models?.length !== undefined && models.every((model) => model?.mode === "embedding")) {
    faults.push([["defaultModel"], "has nothing to choose from: all models have the mode embedding"]);
  }
  return faults;
}

function timeFaults({ timeouts }: Gateway): Fault[] {
  const { turnSeconds, commandSeconds } = timeouts ?? {};
  if (turnSeconds === undefined || commandSeconds === undefined || commandSeconds <= turnSeconds) return [];
  const message = `${commandSeconds} is longer than the whole turn that the command is in (turnSeconds ${turnSeconds})`;
  return [[["timeouts", "commandSeconds"], message]];
}

/**
 * Why a model cannot serve; undefined where it can, or where that cannot be known yet.
 *
 * @param own the models that the gateway may use, where it names some: LiteLLM refuses it any other
 */
function modelProblem(
  name: string,
  mode: "chat" | "embedding",
  models: Models,
  own: Gateway["models"],
): string | undefined {
  if (models === undefined || models.some((model) => model?.name === undefined)) return undefined;
  const model = models.find((one) => one?.name === name);
  if (model === undefined) {
    return `${name} is not one of models (${models.map((one) => one?.name).join(", ")})`;
  }
  if (model.mode !== undefined && model.mode !== mode)
    return `${name} has the mode ${model.mode}, not ${mode}`;
  if (own === undefined || own.includes(undefined) || own.includes(name)) return undefined;
  return `${name} is not one of the gateway's own models (${own.join(", ")})`;
}
