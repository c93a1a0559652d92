package cloudflare

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// noID is what the true provider takes for the id where the answer has none.
const noID = "{<nil>}"

// collection is one row at work.
type collection struct {
	row
	api   *client
	entry standin.Entry
	table *standin.Table
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

func (c collection) behaviour() standin.Behaviour {
	return standin.Behaviour{
		Replace: c.replace,
		Missing: c.missing,
		Dropped: c.dropped,
		Check:   c.check,
		Create: func(ctx context.Context, call standin.Call) (string, resource.PropertyMap, error) {
			if err := c.refuse(call.Inputs); err != nil {
				return "", nil, said(call, err)
			}
			wanted := filled(call.Inputs, c.filled(call.Inputs))
			result, err := c.api.call(ctx, http.MethodPost, c.where(call.Inputs), c.body(wanted))
			if err != nil {
				return "", nil, failed(call, err)
			}
			return idOf(result), c.stored(wanted, call.Inputs, result), nil
		},
		Update: func(ctx context.Context, call standin.Call) (resource.PropertyMap, error) {
			if err := c.refuse(call.Inputs); err != nil {
				return nil, said(call, err)
			}
			wanted := filled(call.Inputs, c.filled(call.Inputs))
			sent := filled(wanted, c.kept(call))
			result, err := c.api.call(ctx, http.MethodPut, c.one(call.Inputs, call.ID), c.body(sent))
			if err != nil {
				return nil, failed(call, err)
			}
			return c.stored(wanted, call.Inputs, result), nil
		},
		// One that is gone is an error too, until a refresh has seen it.
		Delete: func(ctx context.Context, call standin.Call) error {
			_, err := c.api.call(ctx, http.MethodDelete, c.one(call.Old, call.ID), nil)
			return failed(call, err)
		},
		Read: c.read,
	}
}

// read refreshes, or imports where there is no state yet; an id for import holds the path's values before its own.
func (c collection) read(ctx context.Context, call standin.Call) (string, resource.PropertyMap, resource.PropertyMap, error) {
	inputs, id, importing := maps.Clone(call.Inputs), call.ID, len(call.Inputs) == 0
	if importing {
		var err error
		if inputs, id, err = c.imported(call.ID); err != nil {
			return "", nil, nil, said(call, err)
		}
	}
	result, err := c.api.call(ctx, http.MethodGet, c.one(inputs, id), nil)
	if isGone(err) && !importing {
		call.Log.Warn("Resource not found: the resource was not found on the server and will be removed from state.")
		return "", nil, nil, nil
	} else if err != nil {
		return "", nil, nil, failed(call, err)
	}
	if result == nil {
		// Believed: a resource without an id and without anything.
		return noID, resource.PropertyMap{}, resource.PropertyMap{"id": resource.NewStringProperty(noID)}, nil
	}
	for name, shape := range c.entry.Inputs {
		key := resource.PropertyKey(name)
		_, given := inputs[key]
		value, answered := result[snake(name)]
		switch {
		case strings.Contains(c.path, "{"+name+"}"):
		case given && (!answered || value == nil):
			delete(inputs, key)
		case given, importing && answered && says(value):
			inputs[key] = c.fromWire(shape, value)
		}
	}
	outputs := c.outputs(result)
	outputs["id"] = resource.NewStringProperty(id)
	return id, inputs, outputs, nil
}

// imported takes an id for import apart.
func (c collection) imported(text string) (resource.PropertyMap, string, error) {
	fixed := placeholder.FindAllStringSubmatch(c.path, -1)
	parts := strings.Split(text, "/")
	if len(parts) != len(fixed)+1 || slices.Contains(parts, "") {
		return nil, "", fmt.Errorf("invalid ID: expected urlencoded segments %q, got %q", c.importForm, text)
	}
	inputs := resource.PropertyMap{}
	for i, name := range fixed {
		inputs[resource.PropertyKey(name[1])] = resource.NewStringProperty(parts[i])
	}
	return inputs, parts[len(fixed)], nil
}

// says tells a value from one that only fills a field: those an import leaves to Cloudflare.
func says(value any) bool {
	switch typed := value.(type) {
	case nil:
		return false
	case []any:
		return len(typed) > 0
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(typed)), func(field any) bool {
			return field != nil && field != false
		})
	}
	return true
}

// filled is what the program said, and what else there is.
func filled(inputs, more resource.PropertyMap) resource.PropertyMap {
	all := maps.Clone(more)
	if all == nil {
		all = resource.PropertyMap{}
	}
	maps.Copy(all, inputs)
	return all
}

// kept is what an update sends beside what the program says: the state's, or the row's.
func (c collection) kept(call standin.Call) resource.PropertyMap {
	kept := c.resent(call.Inputs)
	for name := range kept {
		if value, known := call.Old[name]; known && says(value.Mappable()) {
			kept[name] = value
		}
	}
	return kept
}

func (c collection) where(inputs resource.PropertyMap) string {
	return placeholder.ReplaceAllStringFunc(c.path, func(name string) string {
		return url.PathEscape(standin.Text(inputs, resource.PropertyKey(strings.Trim(name, "{}"))))
	})
}

func (c collection) one(inputs resource.PropertyMap, id string) string {
	return c.where(inputs) + "/" + url.PathEscape(id)
}

// body is what is to be there, save what the path says already.
func (c collection) body(wanted resource.PropertyMap) map[string]any {
	body := map[string]any{}
	for name, shape := range c.entry.Inputs {
		value, given := wanted[resource.PropertyKey(name)]
		if given && !strings.Contains(c.path, "{"+name+"}") {
			body[snake(name)] = c.toWire(shape, value)
		}
	}
	return body
}

// stored is the state after a creation or a change: what the answer says, save where the program has said it.
func (c collection) stored(wanted, inputs resource.PropertyMap, result map[string]any) resource.PropertyMap {
	outputs := filled(c.outputs(result), wanted)
	outputs["id"] = resource.NewStringProperty(idOf(result))
	for name := range inputs {
		delete(outputs, name)
	}
	return outputs
}

// outputs are the fields of the answer that the npm package declares, in the true provider's types.
func (c collection) outputs(result map[string]any) resource.PropertyMap {
	outputs := resource.PropertyMap{}
	for name, shape := range c.entry.Inputs {
		if value, answered := result[snake(name)]; answered && value != nil && !strings.Contains(c.path, "{"+name+"}") {
			outputs[resource.PropertyKey(name)] = c.fromWire(shape, value)
		}
	}
	for _, name := range c.entry.Outputs {
		if value, answered := result[snake(name)]; answered && value != nil {
			outputs[resource.PropertyKey(name)] = resource.NewPropertyValue(c.asOutput(name, value))
		}
	}
	return outputs
}

func (c collection) asOutput(name string, value any) any {
	if slices.Contains(c.texts, name) {
		if text, err := json.Marshal(value); err == nil {
			return string(text)
		}
	}
	if text, isText := value.(string); isText && slices.Contains(c.dates, name) {
		if date, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return date.Format(time.RFC3339)
		}
	}
	return value
}

func idOf(result map[string]any) string {
	if id, ok := result["id"].(string); ok {
		return id
	}
	return noID
}

// failed puts an error as the true provider does: once as a line of its log, once as what the operation ended with.
func failed(call standin.Call, err error) error {
	if err == nil {
		return nil
	}
	call.Log.Error(fmt.Sprintf("[ERROR] %v: failed to make http request", err))
	return fmt.Errorf("failed to make http request: %w", err)
}

func said(call standin.Call, err error) error {
	call.Log.Error(fmt.Sprintf("[ERROR] %v", err))
	return err
}
