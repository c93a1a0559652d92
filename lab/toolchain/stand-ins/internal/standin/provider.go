// Package standin serves a Pulumi provider plugin from a table of accepted properties and a set of behaviours.
//
// It exists for providers whose own source cannot be had. It refuses whatever the npm package does not declare, so that
// a program that passes here asks the true provider for nothing it does not know.
package standin

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// Call is one operation on one resource. Inputs and Old are plain text: secrets are unwrapped.
type Call struct {
	URN resource.URN
	// ID is empty on creation.
	ID string
	// Inputs are the wanted inputs; on deletion and reading, those last applied.
	Inputs resource.PropertyMap
	// Old is the state before the operation; empty on creation.
	Old resource.PropertyMap
	Log Logger
}

// Behaviour is what a resource type does.
type Behaviour struct {
	// Defaults are set where the program gave nothing.
	Defaults resource.PropertyMap
	// Replace names the inputs whose change makes a new resource.
	Replace []string
	// Secret names the inputs that are secret whatever the program says.
	Secret []string
	// Missing names inputs that the true provider has and the stand-in has not.
	Missing []string
	// Dropped names inputs that the true provider takes, and forgets without a word.
	Dropped []string
	// Check returns what the true provider refuses in a preview, by values; nil where it refuses nothing.
	Check func(inputs resource.PropertyMap) []plugin.CheckFailure

	Create func(context.Context, Call) (id string, outputs resource.PropertyMap, err error)
	Update func(context.Context, Call) (outputs resource.PropertyMap, err error)
	Delete func(context.Context, Call) error
	// Read returns nil inputs for a resource that is gone. Without Read the last state stands.
	Read func(context.Context, Call) (id string, inputs, outputs resource.PropertyMap, err error)
}

// Provider is a plugin: its table, its behaviours by type token, and what it does with its own configuration.
type Provider struct {
	plugin.UnimplementedProvider

	Table      *Table
	Behaviours map[string]Behaviour
	// CheckSetUp returns what is wrong with the provider's configuration, in plain text; nil where nothing is looked at.
	CheckSetUp func(resource.PropertyMap) []plugin.CheckFailure
	// SetUp receives the provider's configuration, in plain text.
	SetUp func(resource.PropertyMap) error

	log    *engineLog
	ctx    context.Context
	cancel context.CancelFunc
}

func (p *Provider) Pkg() tokens.Package { return tokens.Package(p.Table.Package) }

func (p *Provider) Close() error { return nil }

// SignalCancellation ends running operations: their connections close.
func (p *Provider) SignalCancellation(context.Context) error {
	p.cancel()
	return nil
}

func (p *Provider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	version, err := semver.Parse(p.Table.Version)
	return plugin.PluginInfo{Version: &version}, err
}

// GetSchema answers with a name and no more: nothing in a Node.js program reads it.
func (p *Provider) GetSchema(context.Context, plugin.GetSchemaRequest) (plugin.GetSchemaResponse, error) {
	schema := fmt.Sprintf(`{"name":%q,"version":%q}`, p.Table.Package, p.Table.Version)
	return plugin.GetSchemaResponse{Schema: []byte(schema)}, nil
}

func (p *Provider) CheckConfig(_ context.Context, r plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	given := maps.Clone(r.News)
	delete(given, "version")
	delete(given, "pluginDownloadURL")
	failures := p.Table.check("the provider "+p.Table.Package, p.Table.Provider, given)
	if p.CheckSetUp != nil {
		failures = append(failures, p.CheckSetUp(Reveal(given))...)
	}
	return plugin.CheckConfigResponse{Properties: r.News, Failures: failures}, nil
}

// DiffConfig never asks for a replacement of the provider: that would replace all its resources.
func (p *Provider) DiffConfig(_ context.Context, r plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return difference(r.OldInputs, r.NewInputs, nil), nil
}

func (p *Provider) Configure(_ context.Context, r plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	if p.SetUp == nil {
		return plugin.ConfigureResponse{}, nil
	}
	return plugin.ConfigureResponse{}, p.SetUp(Reveal(r.Inputs))
}

func (p *Provider) lookUp(urn resource.URN) (string, Entry, Behaviour, error) {
	token := string(urn.Type())
	behaviour, ok := p.Behaviours[token]
	entry, declared := p.Table.Resources[token]
	if !ok || !declared {
		return token, entry, behaviour, fmt.Errorf(
			"the stand-in for the provider %s does not serve %s; it serves: %s",
			p.Table.Package, token, strings.Join(slices.Sorted(maps.Keys(p.Behaviours)), ", "))
	}
	return token, entry, behaviour, nil
}

func (p *Provider) Check(_ context.Context, r plugin.CheckRequest) (plugin.CheckResponse, error) {
	token, entry, behaviour, err := p.lookUp(r.URN)
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	inputs := resource.PropertyMap{}
	for key, value := range r.News {
		if !value.IsNull() && !slices.Contains(behaviour.Dropped, string(key)) {
			inputs[key] = value
		}
	}
	for key, value := range behaviour.Defaults {
		if _, given := inputs[key]; !given {
			inputs[key] = value
		}
	}
	failures := p.Table.check(token, entry.Inputs, inputs)
	for _, name := range behaviour.Missing {
		if _, given := inputs[resource.PropertyKey(name)]; given {
			failures = append(failures, plugin.CheckFailure{
				Property: resource.PropertyKey(name),
				Reason:   fmt.Sprintf("the stand-in for %s has no %s; the true provider has", token, name),
			})
		}
	}
	if behaviour.Check != nil {
		failures = append(failures, behaviour.Check(Reveal(inputs))...)
	}
	for _, name := range behaviour.Secret {
		key := resource.PropertyKey(name)
		if value, given := inputs[key]; given && !value.IsSecret() {
			inputs[key] = resource.MakeSecret(value)
		}
	}
	return plugin.CheckResponse{Properties: inputs, Failures: failures}, nil
}

func (p *Provider) Diff(_ context.Context, r plugin.DiffRequest) (plugin.DiffResult, error) {
	_, _, behaviour, err := p.lookUp(r.URN)
	if err != nil {
		return plugin.DiffResult{}, err
	}
	return difference(r.OldInputs, r.NewInputs, behaviour.Replace), nil
}

// difference compares inputs with inputs: a stand-in knows nothing of what the far side makes of them.
func difference(old, wanted resource.PropertyMap, replace []string) plugin.DiffResult {
	diff := Reveal(old).Diff(Reveal(wanted))
	if !diff.AnyChanges() {
		return plugin.DiffResult{Changes: plugin.DiffNone}
	}
	result := plugin.DiffResult{
		Changes:      plugin.DiffSome,
		ChangedKeys:  diff.ChangedKeys(),
		DetailedDiff: plugin.NewDetailedDiffFromObjectDiff(diff, true),
	}
	for path, property := range result.DetailedDiff {
		key := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' })[0]
		if slices.Contains(replace, key) {
			result.DetailedDiff[path] = property.ToReplace()
			result.ReplaceKeys = append(result.ReplaceKeys, resource.PropertyKey(key))
		}
	}
	return result
}
