/** A sandbox's life through the filter of the Docker API, by the client of Engine 29 and with that engine behind it. */
import "./on-29";
import "../../config-files/socket-proxy/life.docker.test";
