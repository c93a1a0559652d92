/** What `make restore` was told, and what the host is told. */

export interface RestoreWords {
  readonly stack: string;
  /** Id of a snapshot, 8 digits or more, or `newest`: the newest of the highest epoch. */
  readonly snapshot: string;
  /** One gateway; absent: all that the snapshot holds and the host has. */
  readonly gateway?: string;
  /** Only say what is there and what would change. */
  readonly dry: boolean;
  /** Deploy first, with gateways that wait for it: onto a host that has nothing. */
  readonly cold: boolean;
}

/** @throws Error with everything that is wrong */
export function checkedWords(words: RestoreWords): RestoreWords {
  const problems: string[] = [];
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(words.stack)) problems.push("STACK=prod says which stack");
  if (!/^(newest|[0-9a-f]{8,64})$/.test(words.snapshot))
    problems.push(
      `SNAPSHOT=${words.snapshot} is neither newest nor an id of 8 digits or more (make backups STACK=${words.stack} lists them)`,
    );
  if (words.gateway !== undefined && !/^[a-z][a-z0-9-]*$/.test(words.gateway))
    problems.push(`GATEWAY=${words.gateway} is no gateway's name`);
  if (words.cold && words.gateway !== undefined)
    problems.push("COLD=1 brings back every gateway, and none serves before: leave GATEWAY out");
  if (words.cold && words.dry)
    problems.push(
      `COLD=1 deploys, and DRY=1 touches nothing: take one of them. What there is: make backups STACK=${words.stack}; ` +
        "where no host answers: docs/runbooks/restore.md",
    );
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return words;
}

/** Arguments of backup-restore on the host. */
export const hostWords = ({ snapshot, gateway, dry, cold }: RestoreWords): string[] => [
  ...(dry ? ["--dry"] : []),
  ...(cold ? ["--cold"] : []),
  ...["--snapshot", snapshot],
  ...(gateway === undefined ? [] : ["--gateway", gateway]),
];

/**
 * Runs it as a unit of its own: a connection that breaks ends the wait, and not the restore. Typed again meanwhile it waits for
 * the first.
 */
export const hostScript = `
unit=clawkeep-restore-$(date -u +%Y%m%dT%H%M%S)-$$
systemd-run --quiet --collect --unit "$unit" --property Type=exec --property RuntimeMaxSec=43200 \\
  /bin/bash -c '/opt/openclaw/bin/backup-restore "$@" >"/run/$0.said" 2>&1; echo $? >"/run/$0.new"; mv "/run/$0.new" "/run/$0.code"' "$unit" "$@"
while ! [ -e "/run/$unit.code" ] && systemctl is-active --quiet "$unit"; do sleep 1; done
code=$(cat "/run/$unit.code" 2>/dev/null || { echo 'it was ended from outside: journalctl -n 50; type it again' >>"/run/$unit.said"; echo 1; })
if [ "$code" = 0 ]; then cat "/run/$unit.said"; else cat "/run/$unit.said" >&2; fi
rm -f "/run/$unit.said" "/run/$unit.code"
exit "$code"
`;

/** What the host says of a snapshot ends with a command of its own; an operator has a better one. */
export const pointed = (stack: string, said: string): string =>
  /backup-fetch list|SNAPSHOT=|snapshots? /.test(said)
    ? `${said}\nWhich snapshots there are: make backups STACK=${stack}`
    : said;

/** First line that `coldQuestion` prints where nothing keeps a cold restore from beginning. */
const goOn = "go on";

/**
 * What a host that answers is asked before a cold restore takes its gateways down: what the restore itself would say. One whose
 * gateways do not serve has nothing to lose by the attempt, and what it says may be mended by the `up` that comes first.
 */
export const coldQuestion = `
restore=/opt/openclaw/bin/backup-restore
if ! [ -e /etc/clawkeep/backups.json ] || ! grep -qs -e --cold "$restore" || ! grep -qsx active /opt/openclaw/gateways/*/role; then echo '${goOn}'; exit; fi
said=$(timeout --kill-after=5 270 "$restore" --dry --cold --snapshot "$1" 2>&1)
code=$?
if [ "$code" = 0 ]; then echo '${goOn}'; exit; fi
echo refused
[ "$code" != 124 ] || echo 'it did not say within 270 s what it would restore'
printf '%s\n' "$said"
`;

/** @param said what `coldQuestion` printed @returns why the host would restore nothing; undefined where it would */
export function coldRefusal(said: string): string | undefined {
  const [first = "", ...more] = said.trim().split("\n");
  return first === goOn ? undefined : more.join("\n").trim();
}
