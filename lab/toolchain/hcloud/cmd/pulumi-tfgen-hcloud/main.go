// Command pulumi-tfgen-hcloud writes the package schema and the bridge's name table.
package main

import (
	hcloud "clawkeep.dev/lab/toolchain/hcloud"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"
)

func main() {
	tfgen.MainWithMuxer("hcloud", hcloud.Provider())
}
