// Package command stands in for the Pulumi provider `command`.
package command

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"

	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

//go:embed table.json
var table []byte

// The names under which a later run of a command finds what its last run printed.
const (
	previousStdout = "PULUMI_COMMAND_STDOUT"
	previousStderr = "PULUMI_COMMAND_STDERR"
)

// Provider serves the three types that the program may use.
func Provider() *standin.Provider {
	defaults := resource.PropertyMap{"addPreviousOutputInEnv": resource.NewBoolProperty(true)}
	remote := commands(runRemote)
	remote.Defaults, remote.Replace, remote.Secret = defaults, []string{"triggers"}, []string{"connection"}
	local := commands(runLocal)
	local.Defaults, local.Replace = defaults, []string{"triggers"}
	local.Missing = []string{"archivePaths", "assetPaths"}
	return &standin.Provider{
		Table: standin.MustLoad(table),
		Behaviours: map[string]standin.Behaviour{
			"command:remote:Command":      remote,
			"command:local:Command":       local,
			"command:remote:CopyToRemote": copies(),
		},
	}
}

// job is one run of one command text.
type job struct {
	text string
	// inputs are those of the resource: on deletion the old ones.
	inputs resource.PropertyMap
	// stdout and stderr are what the last run printed.
	stdout, stderr string
	log            standin.Logger
}

// previous returns the variables that hand the last run's output to this one.
func (j job) previous() map[string]string {
	variables := map[string]string{}
	if enabled, ok := j.inputs["addPreviousOutputInEnv"]; ok && enabled.IsBool() && !enabled.BoolValue() {
		return variables
	}
	if j.stdout != "" {
		variables[previousStdout] = j.stdout
	}
	if j.stderr != "" {
		variables[previousStderr] = j.stderr
	}
	return variables
}

// commands gives both kinds of command the same life: `update`, or else `create`, runs on every change of an input.
func commands(run func(context.Context, job) (stdout, stderr string, err error)) standin.Behaviour {
	text := func(inputs resource.PropertyMap, keys ...resource.PropertyKey) string {
		for _, key := range keys {
			if value := standin.Text(inputs, key); value != "" {
				return value
			}
		}
		return ""
	}
	apply := func(ctx context.Context, j job) (resource.PropertyMap, error) {
		if j.text != "" {
			var err error
			if j.stdout, j.stderr, err = run(ctx, j); err != nil {
				return nil, err
			}
		}
		return resource.PropertyMap{
			"stdout": resource.NewStringProperty(j.stdout),
			"stderr": resource.NewStringProperty(j.stderr),
		}, nil
	}
	return standin.Behaviour{
		Create: func(ctx context.Context, c standin.Call) (string, resource.PropertyMap, error) {
			outputs, err := apply(ctx, job{text: text(c.Inputs, "create"), inputs: c.Inputs, log: c.Log})
			return newID(c.URN), outputs, err
		},
		Update: func(ctx context.Context, c standin.Call) (resource.PropertyMap, error) {
			return apply(ctx, job{
				text: text(c.Inputs, "update", "create"), inputs: c.Inputs, log: c.Log,
				stdout: standin.Text(c.Old, "stdout"), stderr: standin.Text(c.Old, "stderr"),
			})
		},
		Delete: func(ctx context.Context, c standin.Call) error {
			_, err := apply(ctx, job{
				text: text(c.Old, "delete"), inputs: c.Old, log: c.Log,
				stdout: standin.Text(c.Old, "stdout"), stderr: standin.Text(c.Old, "stderr"),
			})
			return err
		},
	}
}

func newID(urn resource.URN) string {
	suffix := make([]byte, 8)
	// crypto/rand never fails: it ends the program instead.
	_, _ = rand.Read(suffix)
	return urn.Name() + hex.EncodeToString(suffix)
}
