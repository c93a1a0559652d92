// Command pulumi-resource-hcloud is the Pulumi provider plugin `hcloud`.
package main

import (
	"context"

	hcloud "clawkeep.dev/lab/toolchain/hcloud"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
)

func main() {
	tfbridge.MainWithMuxer(context.Background(), "hcloud", hcloud.Provider(), hcloud.Schema)
}
