// Command pulumi-tfgen-docker writes the package schema and the bridge's name table.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	docker "github.com/terraform-providers/terraform-provider-docker/clawkeep"
)

func main() {
	tfgen.Main("docker", docker.Version, docker.Provider())
}
