/** Docker's settings, and services restarted, on a host that had Engine 29 before prepare-host came. */
import "../../config-files/host/host-settings.docker.test";

process.env["CLAWKEEP_TEST_ENGINE"] = "29";
