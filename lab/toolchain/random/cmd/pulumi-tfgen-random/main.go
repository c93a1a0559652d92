// Command pulumi-tfgen-random writes the package schema and the bridge's name table.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"
	random "github.com/terraform-providers/terraform-provider-random/clawkeep"
)

func main() {
	tfgen.Main("random", random.Provider())
}
