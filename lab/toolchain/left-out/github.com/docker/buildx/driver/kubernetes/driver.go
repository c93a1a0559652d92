// Package kubernetes registers no driver: docker images of the lab are built by the engine, never in a cluster.
package kubernetes
