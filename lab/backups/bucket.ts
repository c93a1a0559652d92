/** A bucket as docs/backups.md has an operator make it: object lock, the policy, a key for a host and one for the prune. */
import { bucketPolicy, lockedDays } from "../../config-files/backups/storage";
import { s3Request, type S3Account } from "./s3";

type Keys = Omit<S3Account, "endpoint">;

export interface BucketArgs {
  readonly owner: S3Account;
  readonly bucket: string;
  readonly folder: string;
  readonly host: Keys;
  readonly prune: Keys;
}

/** @throws Error naming what the storage did not take */
export async function lockedBucket({ owner, bucket, folder, host, prune }: BucketArgs): Promise<void> {
  const asked = async (
    what: string,
    ...[method, path, query, body, more]: [
      string,
      string,
      Record<string, string>?,
      string?,
      Record<string, string>?,
    ]
  ): Promise<void> => {
    const { status, text } = await s3Request(owner, method, path, query, body, more);
    if (status >= 300) throw new Error(`the storage does not take ${what}: ${status} ${text}`);
  };
  for (const { accessKeyId, secretAccessKey } of [host, prune])
    await asked(
      `the user ${accessKeyId}`,
      ...(["PATCH", "/create-user"] as const),
      {},
      `<Account><Access>${accessKeyId}</Access><Secret>${secretAccessKey}</Secret><Role>user</Role></Account>`,
    );
  await asked("the bucket", "PUT", `/${bucket}`, {}, "", { "x-amz-bucket-object-lock-enabled": "true" });
  await asked(
    "its object lock",
    "PUT",
    `/${bucket}`,
    { "object-lock": "" },
    '<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled>' +
      `<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>${lockedDays}</Days></DefaultRetention></Rule></ObjectLockConfiguration>`,
  );
  const policy = JSON.stringify(bucketPolicy({ bucket, folder }, [host.accessKeyId], prune.accessKeyId));
  await asked("its policy", "PUT", `/${bucket}`, { policy: "" }, policy);
}
