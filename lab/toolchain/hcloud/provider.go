// Package hcloud wraps the Terraform provider for Hetzner Cloud as the Pulumi provider `hcloud`.
package hcloud

import (
	"context"
	_ "embed"

	"github.com/hetznercloud/terraform-provider-hcloud/hcloud"
	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

// Version is the version that the npm package @pulumi/hcloud asks for.
const Version = "1.32.1"

//go:embed generated/bridge-metadata.json
var metadata []byte

// Schema is the Pulumi package schema, made by pulumi-tfgen-hcloud.
//
//go:embed generated/schema.json
var Schema []byte

// Provider joins the two halves of the Terraform provider (old and new plugin framework) and names their resources.
func Provider() tfbridge.ProviderInfo {
	// Pulumi ids are strings; four resources number theirs. Each needs a record of its own: a name is written into it.
	stringID := func() *tfbridge.ResourceInfo {
		return &tfbridge.ResourceInfo{Fields: map[string]*tfbridge.SchemaInfo{"id": {Type: "string"}}}
	}
	info := tfbridge.ProviderInfo{
		P: pfbridge.MuxShimWithPF(context.Background(),
			shimv2.NewProvider(hcloud.Provider()), hcloud.NewPluginProvider()),
		Name:         "hcloud",
		Version:      Version,
		GitHubOrg:    "hetznercloud",
		MetadataInfo: tfbridge.NewProviderMetadata(metadata),
		Resources: map[string]*tfbridge.ResourceInfo{
			"hcloud_zone":                   stringID(),
			"hcloud_storage_box":            stringID(),
			"hcloud_storage_box_snapshot":   stringID(),
			"hcloud_storage_box_subaccount": stringID(),
		},
	}
	info.MustComputeTokens(tokens.SingleModule("hcloud_", "index", tokens.MakeStandard("hcloud")))
	info.SetAutonaming(255, "-")
	return info
}
