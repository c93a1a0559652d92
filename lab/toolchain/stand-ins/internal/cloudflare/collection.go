package cloudflare

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

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
		Create: func(ctx context.Context, call standin.Call) (string, resource.PropertyMap, error) {
			result, err := c.api.call(ctx, http.MethodPost, c.where(call.Inputs), c.body(call.Inputs))
			if err != nil {
				return "", nil, err
			}
			id, ok := result["id"].(string)
			if !ok || id == "" {
				return "", nil, fmt.Errorf("POST %s answered without an id", c.where(call.Inputs))
			}
			return id, c.outputs(result), nil
		},
		Update: func(ctx context.Context, call standin.Call) (resource.PropertyMap, error) {
			result, err := c.api.call(ctx, http.MethodPut, c.one(call.Inputs, call.ID), c.body(call.Inputs))
			if err != nil {
				return nil, err
			}
			return c.outputs(result), nil
		},
		Delete: func(ctx context.Context, call standin.Call) error {
			_, err := c.api.call(ctx, http.MethodDelete, c.one(call.Old, call.ID), nil)
			if errors.Is(err, errGone) {
				return nil
			}
			return err
		},
		Read: c.read,
	}
}

// read refreshes, or imports where there is no state yet; an id for import holds the path's values before its own.
func (c collection) read(ctx context.Context, call standin.Call) (string, resource.PropertyMap, resource.PropertyMap, error) {
	fixed := placeholder.FindAllStringSubmatch(c.path, -1)
	inputs, id := maps.Clone(call.Inputs), call.ID
	importing := len(call.Inputs) == 0
	if importing {
		parts := strings.Split(call.ID, "/")
		if len(parts) != len(fixed)+1 {
			return "", nil, nil, fmt.Errorf("the id %q for import must have the form %s/id", call.ID,
				placeholder.ReplaceAllString(strings.Join(placeholder.FindAllString(c.path, -1), "/"), "$1"))
		}
		inputs, id = resource.PropertyMap{}, parts[len(fixed)]
		for i, name := range fixed {
			inputs[resource.PropertyKey(name[1])] = resource.NewStringProperty(parts[i])
		}
	}
	result, err := c.api.call(ctx, http.MethodGet, c.one(inputs, id), nil)
	if errors.Is(err, errGone) {
		return "", nil, nil, nil
	} else if err != nil {
		return "", nil, nil, err
	}
	// What the program left to the far side is no drift when it comes back with a value.
	for name, shape := range c.entry.Inputs {
		key := resource.PropertyKey(name)
		if _, given := inputs[key]; !given && !importing {
			continue
		}
		if value, answered := result[snake(name)]; answered && value != nil {
			inputs[key] = c.fromWire(shape, value)
		}
	}
	return id, inputs, c.outputs(result), nil
}

func (c collection) where(inputs resource.PropertyMap) string {
	return placeholder.ReplaceAllStringFunc(c.path, func(name string) string {
		return url.PathEscape(standin.Text(inputs, resource.PropertyKey(strings.Trim(name, "{}"))))
	})
}

func (c collection) one(inputs resource.PropertyMap, id string) string {
	return c.where(inputs) + "/" + url.PathEscape(id)
}

// body is what the program gave, save what the path says already.
func (c collection) body(inputs resource.PropertyMap) map[string]any {
	body := map[string]any{}
	for name, shape := range c.entry.Inputs {
		value, given := inputs[resource.PropertyKey(name)]
		if given && !strings.Contains(c.path, "{"+name+"}") {
			body[snake(name)] = c.toWire(shape, value)
		}
	}
	return body
}

// outputs keeps those fields of the answer that the npm package declares as outputs.
func (c collection) outputs(result map[string]any) resource.PropertyMap {
	outputs := resource.PropertyMap{}
	for _, name := range c.entry.Outputs {
		if value, answered := result[snake(name)]; answered && value != nil {
			outputs[resource.PropertyKey(name)] = resource.NewPropertyValue(value)
		}
	}
	return outputs
}
