/** The host's firewall on one that had Engine 29, with its own chains, before prepare-host came. */
import "../../config-files/host/firewall.docker.test";

process.env["CLAWKEEP_TEST_ENGINE"] = "29";
