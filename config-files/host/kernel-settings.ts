/** Kernel settings of the host, as a file for /etc/sysctl.d. */

/**
 * The guide's (lines 107-116), but for its net.core.somaxconn of 1024: since Linux 5.4 the kernel's own value is 4096, so
 * that would lower it.
 */
const settings = {
  // Memory rather than swap: that is for real pressure.
  "vm.swappiness": 10,
  "fs.inotify.max_user_watches": 524288,
  "fs.inotify.max_user_instances": 512,
  "net.core.somaxconn": 4096,
} as const;

export const kernelSettings = (): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join("");
