/** Docker's settings, and services restarted, on a host that had Engine 29 before prepare-host came. */
import "./on-29";
import "../../config-files/host/host-settings.docker.test";
