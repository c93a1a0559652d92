// Package cloudflare stands in for the Pulumi provider `cloudflare`: one row a resource type, one path for all of them.
//
// It sends what the program says and stores what the API answers. Of Cloudflare's own defaults, of its rewriting of
// values and of which change forces a replacement it knows only what the rows say.
package cloudflare

import (
	_ "embed"
	"fmt"
	"os"
	"strings"

	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

//go:embed table.json
var tableText []byte

// row says where the API keeps a resource type. Further types are further rows (and entries in tables.ts).
type row struct {
	// path of the collection; {name} is the value of that input, which is part of the id for import.
	path string
	// replace names the inputs that are fixed for a resource's life.
	replace []string
	// missing names the inputs that the stand-in does not send.
	missing []string
}

var rows = map[string]row{
	"cloudflare:index/dnsRecord:DnsRecord": {
		path:    "/zones/{zoneId}/dns_records",
		replace: []string{"zoneId"},
		missing: []string{"includeShadowMetadata", "privateRouting"},
	},
}

// Provider serves the resource types of the rows.
func Provider() *standin.Provider {
	table := standin.MustLoad(tableText)
	api := &client{}
	behaviours := map[string]standin.Behaviour{}
	for token, r := range rows {
		behaviours[token] = collection{row: r, api: api, entry: table.Resources[token], table: table}.behaviour()
	}
	return &standin.Provider{
		Table:      table,
		Behaviours: behaviours,
		SetUp: func(config resource.PropertyMap) error {
			for _, name := range []resource.PropertyKey{"apiKey", "apiUserServiceKey", "email"} {
				if standin.Text(config, name) != "" {
					return fmt.Errorf("the stand-in for cloudflare takes an apiToken, not %s", name)
				}
			}
			api.token = first(standin.Text(config, "apiToken"), os.Getenv("CLOUDFLARE_API_TOKEN"))
			api.base = strings.TrimSuffix(first(standin.Text(config, "baseUrl"), os.Getenv("CLOUDFLARE_BASE_URL")), "/")
			if api.base == "" {
				return fmt.Errorf("the stand-in for cloudflare needs baseUrl: it is made for an emulator, not for " +
					"Cloudflare itself (set baseUrl, or install the true provider)")
			}
			return nil
		},
	}
}

func first(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}
