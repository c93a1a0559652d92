//go:build tools

// Package tools pins the Pulumi command line that the rehearsal builds from source.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
