package cloudflare

import (
	"regexp"
	"strings"

	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var upper = regexp.MustCompile(`[A-Z]`)

// snake turns a property's name into the API's: zoneId into zone_id.
func snake(name string) string {
	return upper.ReplaceAllStringFunc(name, func(letter string) string { return "_" + strings.ToLower(letter) })
}

// toWire renames the keys of objects, whose names are the package's, and leaves those of maps, which are the user's.
func (c collection) toWire(shape standin.Type, value resource.PropertyValue) any {
	switch {
	case shape.Kind == "object" && value.IsObject():
		known := c.table.Types[shape.Ref]
		fields := map[string]any{}
		for key, field := range value.ObjectValue() {
			fields[snake(string(key))] = c.toWire(known[string(key)], field)
		}
		return fields
	case shape.Kind == "array" && value.IsArray():
		elements := []any{}
		for _, element := range value.ArrayValue() {
			elements = append(elements, c.toWire(*shape.Of, element))
		}
		return elements
	}
	return value.Mappable()
}

// fromWire is the way back; fields that the package does not declare are left out.
func (c collection) fromWire(shape standin.Type, value any) resource.PropertyValue {
	switch typed := value.(type) {
	case map[string]any:
		if shape.Kind != "object" {
			break
		}
		fields := resource.PropertyMap{}
		for name, known := range c.table.Types[shape.Ref] {
			if field, answered := typed[snake(name)]; answered && field != nil {
				fields[resource.PropertyKey(name)] = c.fromWire(known, field)
			}
		}
		return resource.NewObjectProperty(fields)
	case []any:
		if shape.Kind != "array" {
			break
		}
		elements := []resource.PropertyValue{}
		for _, element := range typed {
			elements = append(elements, c.fromWire(*shape.Of, element))
		}
		return resource.NewArrayProperty(elements)
	}
	return resource.NewPropertyValue(value)
}
