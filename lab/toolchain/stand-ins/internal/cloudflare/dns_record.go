package cloudflare

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// As the documentation in the npm package lists them.
var recordTypes = []string{
	"A", "AAAA", "CNAME", "MX", "NS", "OPENPGPKEY", "PTR", "TXT", "CAA", "CERT", "DNSKEY", "DS", "HTTPS", "LOC", "NAPTR",
	"SMIMEA", "SRV", "SSHFP", "SVCB", "TLSA", "URI",
}

const highestPriority = 65535

var dnsRecord = row{
	path:       "/zones/{zoneId}/dns_records",
	importForm: "<zone_id>/<dns_record_id>",
	replace:    []string{"zoneId", "type"},
	missing:    []string{"privateRouting"},
	dropped:    []string{"includeShadowMetadata"},
	texts:      []string{"meta"},
	dates:      []string{"createdOn", "modifiedOn", "commentModifiedOn", "tagsModifiedOn"},
	filled: func(inputs resource.PropertyMap) resource.PropertyMap {
		if _, given := inputs["proxied"]; given {
			return nil
		}
		return resource.PropertyMap{"proxied": resource.NewBoolProperty(false)}
	},
	resent: func(inputs resource.PropertyMap) resource.PropertyMap {
		settings := resource.PropertyMap{}
		if standin.Text(inputs, "type") == "CNAME" {
			for _, name := range []resource.PropertyKey{"flattenCname", "ipv4Only", "ipv6Only"} {
				settings[name] = resource.NewBoolProperty(false)
			}
		}
		return resource.PropertyMap{
			"settings": resource.NewObjectProperty(settings),
			"tags":     resource.NewArrayProperty([]resource.PropertyValue{}),
		}
	},
	check: checkRecord,
	refuse: func(inputs resource.PropertyMap) error {
		proxied, ttl := inputs["proxied"], inputs["ttl"]
		if proxied.IsBool() && proxied.BoolValue() && ttl.IsNumber() && ttl.NumberValue() != 1 {
			return errors.New("ttl must be set to 1 when `proxied` is true")
		}
		return nil
	},
}

func checkRecord(inputs resource.PropertyMap) (failures []plugin.CheckFailure) {
	fail := func(name resource.PropertyKey, format string, args ...any) {
		failures = append(failures, plugin.CheckFailure{Property: name, Reason: fmt.Sprintf(format, args...)})
	}
	if kind := inputs["type"]; kind.IsString() && !slices.Contains(recordTypes, kind.StringValue()) {
		fail("type", `Invalid Attribute Value Match. Attribute type value must be one of: ["%s"], got: %q`,
			strings.Join(recordTypes, `" "`), kind.StringValue())
	}
	if priority := inputs["priority"]; priority.IsNumber() &&
		(priority.NumberValue() < 0 || priority.NumberValue() > highestPriority) {
		fail("priority", "Attribute priority value must be between 0 and %d, got: %g", highestPriority, priority.NumberValue())
	}
	_, content := inputs["content"]
	_, data := inputs["data"]
	if content && data {
		fail("content", `Attribute "content" cannot be specified when "data" is specified`)
	}
	return failures
}
