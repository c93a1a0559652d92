// Command pulumi-resource-random is the Pulumi provider plugin `random`.
package main

import (
	"context"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	random "github.com/terraform-providers/terraform-provider-random/clawkeep"
)

func main() {
	tfbridge.Main(context.Background(), "random", random.Provider(), tfbridge.ProviderMetadata{PackageSchema: random.Schema})
}
