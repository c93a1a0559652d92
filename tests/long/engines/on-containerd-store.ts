// Imported first: what is imported behind it runs on an engine with the store of containerd.
import { engineImage } from "../../../lab/vps/engines";

process.env["CLAWKEEP_TEST_ENGINE"] = "containerd-store";
// It is compiled where it is not in the cache, before the time of any other hook begins.
beforeAll(() => engineImage("containerd-store"), 900_000);
