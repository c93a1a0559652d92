/** The policy pack: `pulumi preview --policy-pack policy`. */
import { PolicyPack } from "@pulumi/policy";
import { policies } from "./pack";
import { rules } from "./rules";

// Set by the language host, or by the engine itself. Neither: as in an update, where nothing may be left open.
const preview = (process.env["PULUMI_NODEJS_DRY_RUN"] ?? process.env["PULUMI_DRY_RUN"]) === "true";

new PolicyPack("clawkeep", { policies: policies(rules, preview) });
