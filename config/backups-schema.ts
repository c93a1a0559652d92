/** Backups off the host: where they go and when. Credentials and the repository's password are secrets (secrets.ts). */
import { z } from "zod";
import { filled } from "./fields";
import { parseRepository } from "./repository";

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is not a time of day such as "03:00" (24 hours, in quotation marks)');

export const backups = z.strictObject({
  /** `s3:https://HOST/BUCKET/FOLDER`, `rest:https://USER@HOST/FOLDER/` or `ssh://USER@HOST:23` (config/repository.ts). */
  repository: filled.superRefine((text, context) => {
    const problem = parseRepository(text);
    if (typeof problem === "string") context.addIssue({ code: "custom", message: problem });
  }),
  /** `ssh://`: one of the machine's own keys, as ssh-keyscan prints it without the name. Never taken on trust. */
  hostKey: z
    .string()
    .regex(
      /^(ecdsa-sha2-nistp256|ssh-ed25519) AAAA[A-Za-z0-9+/=]+$/,
      "is not an ssh-ed25519 or ecdsa-sha2-nistp256 host key line",
    )
    .optional(),
  /** `s3:`: the region that requests are signed for, where the storage wants one. restic says us-east-1 unless told. */
  region: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{1,31}$/, "is not a region such as eu-central-003")
    .optional(),
  /** Minutes from one snapshot to the next. */
  everyMinutes: z.int().min(1).max(1440).default(2),
  /** When the whole is saved each day, with each gateway's own audits after it. UTC. */
  dailyAt: timeOfDay.default("03:00"),
  /** When the newest snapshot is restored and tried, on Sundays. UTC. */
  verifyAt: timeOfDay.default("03:30"),
});

export type Backups = z.infer<typeof backups>;
