// Imported first: what is imported behind it runs on Engine 29.
import { engineImage } from "../../../lab/vps/engines";

process.env["CLAWKEEP_TEST_ENGINE"] = "29";
// It is compiled where it is not in the cache, before the time of any other hook begins.
beforeAll(() => engineImage("29"), 900_000);
