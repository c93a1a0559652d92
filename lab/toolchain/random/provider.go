// Package random wraps the Terraform provider for random values as the Pulumi provider `random`.
//
// The module is named below the wrapped provider's own path: Go lets nobody else import its internal packages.
package random

import (
	"context"
	_ "embed"

	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// Version is the version that the npm package @pulumi/random asks for.
const Version = "4.21.2"

//go:embed generated/bridge-metadata.json
var metadata []byte

// Schema is the Pulumi package schema, made by pulumi-tfgen-random.
//
//go:embed generated/schema.json
var Schema []byte

// Provider names the resources as the npm package does: with their `Random` prefix, which a computed name would lose.
func Provider() tfbridge.ProviderInfo {
	named := func(name string) *tfbridge.ResourceInfo {
		return &tfbridge.ResourceInfo{Tok: tfbridge.MakeResource("random", "index", name)}
	}
	bytes := named("RandomBytes")
	// This resource has no id of its own, and Pulumi wants one for everything.
	bytes.ComputeID = func(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
		value := state["base64"]
		for value.IsSecret() {
			value = value.SecretValue().Element
		}
		return resource.ID(value.StringValue()), nil
	}
	return tfbridge.ProviderInfo{
		P:            pfbridge.ShimProvider(provider.New()),
		Name:         "random",
		Version:      Version,
		GitHubOrg:    "terraform-providers",
		MetadataInfo: tfbridge.NewProviderMetadata(metadata),
		Resources: map[string]*tfbridge.ResourceInfo{
			"random_bytes":    bytes,
			"random_id":       named("RandomId"),
			"random_integer":  named("RandomInteger"),
			"random_password": named("RandomPassword"),
			"random_pet":      named("RandomPet"),
			"random_shuffle":  named("RandomShuffle"),
			"random_string":   named("RandomString"),
			"random_uuid":     named("RandomUuid"),
			"random_uuid4":    named("RandomUuid4"),
			"random_uuid7":    named("RandomUuid7"),
		},
	}
}
