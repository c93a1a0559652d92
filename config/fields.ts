/** Kinds of values that several parts of the stack configuration hold. */
import { z } from "zod";
import { certificatesProblem } from "./certificates";
import { isCidr, isPrivateNetwork, overlap, parseIPv4Cidr } from "./cidr";

const placeholder = /REPLACE_ME|CHANGE_?ME|YOUR_/i;

/** A string somebody has really filled in; further rules are silent while it is not. */
export const filled = z
  .string()
  .min(1, { error: "is empty", abort: true })
  .refine((text) => !placeholder.test(text), {
    error: "is still the placeholder: put your own value in",
    abort: true,
  });

export const hostName = filled.refine(
  (text) => /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/.test(text),
  "is not a DNS name in lower case",
);
export const cidr = filled.refine(
  isCidr,
  "is not a network in CIDR form (203.0.113.7/32, 2001:db8::/48; host bits zero)",
);
/** Docker's own bridge, which is there before ours. */
const dockerBridge = "172.17.0.0/16";

export const subnet = z.string().superRefine((text, context) => {
  const network = parseIPv4Cidr(text);
  const wrong = (message: string): void => context.addIssue({ code: "custom", message });
  if (network === undefined || network.prefix > 24 || network.prefix < 16)
    wrong("is not an IPv4 network of /16 to /24 with its host bits zero");
  else if (!isPrivateNetwork(text))
    wrong(
      "is not in a private range (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16): its real owner could not be reached",
    );
  else if (overlap(text, dockerBridge))
    wrong(`overlaps ${dockerBridge}, the bridge that Docker makes for itself`);
});
/** One or more PEM certificates. */
export const certificates = filled.superRefine((text, context) => {
  const problem = certificatesProblem(text);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});
export const port = z.int().min(1).max(65535);

/** The error of a value that may take several forms: what is wrong inside the form that was meant, or the forms. */
export const neither =
  (forms: string) =>
  (issue: { readonly errors?: readonly (readonly z.core.$ZodIssue[])[] | undefined }): string => {
    const meant = issue.errors?.find((faults) =>
      faults.every(({ path, code }) => path.length > 0 || code === "unrecognized_keys"),
    );
    if (meant === undefined) return `is neither ${forms}`;
    return meant.map(({ path, message }) => [...path, message].join(" ")).join("; ");
  };
