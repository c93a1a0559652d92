import { kernelSettings } from "../../../config-files/host/kernel-settings";

it("has the guide's values, and does not lower the kernel's own", () => {
  expect(kernelSettings()).toBe(
    "vm.swappiness = 10\nfs.inotify.max_user_watches = 524288\nfs.inotify.max_user_instances = 512\nnet.core.somaxconn = 4096\n",
  );
});
