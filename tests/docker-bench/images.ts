/** Section 4: the images that containers run, as far as a host can tell. */
import { ofContainers, passIf, type Check } from "./check";
import type { Facts } from "./facts";

type Image = Facts["images"][string];

const ofImages = (id: string, title: string, holds: (image: Image) => boolean): Check =>
  ofContainers(id, title, ({ Image: image }, { images }) => {
    const found = images[image];
    return found !== undefined && holds(found);
  });

const root = /^(0|root)?(:|$)/;
/** Names of variables that hold secrets; `…_KEY_FILE` and the like only say where one is. */
const secretName = /(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|API_?KEY|PRIVATE_?KEY)$/i;
const isSecret = (assignment: string): boolean => {
  const [name = "", ...value] = assignment.split("=");
  return secretName.test(name) && value.join("=") !== "";
};

/** `apt-get update` and its kin in an instruction that installs nothing leave a list of packages that ages. */
const updates = /\b(apt-get|apt|apk|dnf|yum|microdnf) (-\S+ )*update\b/;
const installs = /\b(install|upgrade|dist-upgrade|add)\b/;

export const imageChecks: readonly Check[] = [
  ofContainers(
    "4.1",
    "A container's user is not root, by configuration and by its first process",
    ({ Id, Config }, { processes }) => !root.test(Config.User) && processes[Id]?.[0]?.uid !== 0,
  ),
  {
    id: "4.5",
    title: "Docker refuses images that nobody has signed",
    judge: ({ contentTrust }) => passIf(contentTrust, "DOCKER_CONTENT_TRUST"),
  },
  ofImages("4.6", "An image says how to ask for its health", ({ Healthcheck }) => Healthcheck !== null),
  ofImages("4.7", "No instruction updates a list of packages without installing", ({ history }) =>
    history.every((instruction) => !updates.test(instruction) || installs.test(instruction)),
  ),
  ofContainers("4.8", "No file is setuid or setgid", ({ Id }, { setuid }) => (setuid[Id] ?? []).length === 0),
  // The last one is the base's own root file system, which an image cannot have otherwise.
  ofImages("4.9", "Files are copied, not added", ({ history }) =>
    history.slice(0, -1).every((instruction) => !/^"?(\/bin\/sh -c #\(nop\) +)?ADD /.test(instruction)),
  ),
  ofImages(
    "4.10",
    "An image and its instructions hold no secret",
    ({ Env, history }) =>
      !(Env ?? []).some(isSecret) &&
      !history.some((instruction) =>
        [...instruction.matchAll(/\b[A-Za-z_]\w*=[^\s"']+/g)].some(([word]) => isSecret(word)),
      ),
  ),
];
