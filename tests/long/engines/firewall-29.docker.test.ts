/** The host's firewall on one that had Engine 29, with its own chains, before prepare-host came. */
import "./on-29";
import "../../config-files/host/firewall.docker.test";
