// Package cloudflare stands in for the Pulumi provider `cloudflare`: one row a resource type, one path for all of them.
//
// It does what the true provider was seen to do (docs/rehearsed.md, C1 to C14), its unkindness included. What nobody has
// seen it does not know: Cloudflare's own defaults, and how either rewrites values.
package cloudflare

import (
	_ "embed"
	"fmt"
	"os"
	"regexp"
	"strings"

	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

//go:embed table.json
var tableText []byte

// row says where the API keeps a resource type, and what the true provider knows of it. Further types are further rows
// (and entries in tables.ts).
type row struct {
	// path of the collection; {name} is the value of that input, which is part of the id for import.
	path string
	// importForm is what the true provider calls the form of an id for import.
	importForm string
	// replace names the inputs that are fixed for a resource's life.
	replace []string
	// missing names the inputs that the stand-in does not send; dropped, those that the true one drops in silence.
	missing, dropped []string
	// texts names the outputs that are texts of JSON; dates, those that are cut to seconds.
	texts, dates []string
	// filled gives what the true provider adds to what the program said.
	filled func(inputs resource.PropertyMap) resource.PropertyMap
	// resent gives what is sent with every update where the state says nothing else.
	resent func(inputs resource.PropertyMap) resource.PropertyMap
	// check refuses in a preview, refuse in the update itself.
	check  func(inputs resource.PropertyMap) []plugin.CheckFailure
	refuse func(inputs resource.PropertyMap) error
}

var rows = map[string]row{"cloudflare:index/dnsRecord:DnsRecord": dnsRecord}

// tokenForm is the true provider's rule for an API token, which it looks at in a preview.
var tokenForm = regexp.MustCompile(`^[0-9A-Za-z_-]{40,80}$`)

const tokenRefused = "could not validate provider configuration: Invalid Attribute Value. Attribute api_token API tokens " +
	"must only contain characters a-z, A-Z, 0-9, hyphens and underscores. Examine values at 'cloudflare.apiToken'."

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
		CheckSetUp: func(config resource.PropertyMap) []plugin.CheckFailure {
			if token := config["apiToken"]; token.IsString() && !tokenForm.MatchString(token.StringValue()) {
				return []plugin.CheckFailure{{Reason: tokenRefused}}
			}
			return nil
		},
		SetUp: func(config resource.PropertyMap) error {
			for _, name := range []resource.PropertyKey{"apiKey", "apiUserServiceKey", "email"} {
				if standin.Text(config, name) != "" {
					return fmt.Errorf("the stand-in for cloudflare takes an apiToken, not %s", name)
				}
			}
			base := strings.TrimSuffix(first(standin.Text(config, "baseUrl"), os.Getenv("CLOUDFLARE_BASE_URL")), "/")
			if base == "" {
				return fmt.Errorf("the stand-in for cloudflare needs baseUrl: it is made for an emulator, not for " +
					"Cloudflare itself (set baseUrl, or install the true provider)")
			}
			return api.setUp(base, first(standin.Text(config, "apiToken"), os.Getenv("CLOUDFLARE_API_TOKEN")))
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
