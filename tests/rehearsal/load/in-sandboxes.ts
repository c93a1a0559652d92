/**
 * The worst that a gateway's sandboxes can do to others, one row each. Python, because that is what a sandbox has. Each runs in
 * every sandbox at once, as the sandboxes' own user, and ends by itself.
 */
import type { WorstThing } from "./worst-things";

/** `going()` says whether it goes on: until the seconds are over that are its second argument. */
const prelude = `import ctypes, os, signal, sys, time
END = time.monotonic() + float(sys.argv[2])
PLACE = "/workspace/worst"
os.makedirs(PLACE, exist_ok=True)
kernel = ctypes.CDLL(None)
# Nobody waits for the children.
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def going():
    return time.monotonic() < END
def side_by_side(count, work):
    for _ in range(count):
        if os.fork() == 0:
            work()
            os._exit(0)
    work()
def hold():
    while going():
        time.sleep(0.2)
`;

const inSandboxes = (name: string, shown: string, program: string): WorstThing => ({
  name,
  from: "sandboxes",
  shown,
  program: prelude + program,
});

export const worstInSandboxes: readonly WorstThing[] = [
  inSandboxes(
    "burns CPU",
    "three sandboxes are not three more shares: their gateway's control group is one",
    `def burn():
    while going():
        pass
side_by_side(4, burn)
`,
  ),
  inSandboxes(
    "forks without end",
    "each ends at its sandbox's limit of processes",
    `while going():
    try:
        if os.fork() == 0:
            time.sleep(0.3)
            os._exit(0)
    except OSError:
        time.sleep(0.01)
`,
  ),
  inSandboxes(
    "takes all threads and processes, and keeps them",
    "the limit of processes is the sandbox's own",
    `taken = 0
while going():
    try:
        if os.fork() == 0:
            hold()
            os._exit(0)
        taken += 1
    except OSError:
        break
hold()
`,
  ),
  inSandboxes(
    "takes memory to its limit",
    "the kernel ends what grows, in that sandbox",
    `while going():
    child = os.fork()
    if child == 0:
        taken = []
        while going():
            taken.append(bytearray(8 << 20))
        os._exit(0)
    while going() and os.path.exists("/proc/%d" % child):
        time.sleep(0.05)
`,
  ),
  inSandboxes(
    "fills the workspaces",
    "their file system has a size of its own, reserved in full",
    `path = "%s/full-%d" % (PLACE, os.getpid())
while going():
    try:
        with open(path, "wb", buffering=0) as stream:
            while going():
                stream.write(bytes(1 << 20))
    except OSError:
        pass
    if os.path.exists(path):
        os.unlink(path)
`,
  ),
  inSandboxes(
    "makes files until there are no inodes",
    "the inodes are those of the workspaces' own file system",
    // 100,000 is more than a GiB of ext4 has.
    `folder = "%s/inodes-%d" % (PLACE, os.getpid())
os.makedirs(folder, exist_ok=True)
made = 0
while going() and made < 100000:
    try:
        os.close(os.open("%s/%d" % (folder, made), os.O_CREAT | os.O_WRONLY))
        made += 1
    except OSError:
        break
hold()
`,
  ),
  inSandboxes(
    "takes every inotify instance of its user",
    "the user is the sandboxes' own, so the gateway and all others keep theirs",
    // Instances, of which a user has some hundred. Never watches: the kernel cleans up after millions of them for minutes.
    `def take():
    while kernel.inotify_init1(0) >= 0:
        pass
    hold()
side_by_side(2, take)
`,
  ),
  inSandboxes(
    "takes terminals",
    "a sandbox's terminals are bounded by its files and processes, and are not the host's",
    `def take():
    taken = []
    while len(taken) < 900:
        try:
            taken.append(os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY))
        except OSError:
            break
    hold()
side_by_side(4, take)
`,
  ),
  inSandboxes(
    "writes without end where Docker reads",
    "what Docker reads costs the daemon's share; of what is logged a part is kept, and the rest counted",
    `chunk = b"worst " * 10000
def write():
    while going():
        for target in ("/proc/1/fd/1", "/dev/stdout"):
            try:
                with open(target, "wb", buffering=0) as stream:
                    for _ in range(100):
                        stream.write(chunk)
            except OSError:
                time.sleep(0.01)
side_by_side(1, write)
`,
  ),
];
