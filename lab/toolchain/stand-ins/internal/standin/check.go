package standin

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// check compares values with the table and returns every difference, each with the path of the property.
func (t *Table) check(where string, known Properties, values resource.PropertyMap) []plugin.CheckFailure {
	c := &checker{table: t, where: where}
	c.object("", known, values)
	slices.SortFunc(c.failures, func(a, b plugin.CheckFailure) int {
		return slices.Compare([]byte(a.Property), []byte(b.Property))
	})
	return c.failures
}

type checker struct {
	table    *Table
	where    string
	failures []plugin.CheckFailure
}

func (c *checker) fail(path, format string, args ...any) {
	c.failures = append(c.failures, plugin.CheckFailure{
		Property: resource.PropertyKey(path),
		Reason:   fmt.Sprintf(format, args...),
	})
}

func (c *checker) object(path string, known Properties, values resource.PropertyMap) {
	for key, value := range values {
		name := join(path, string(key))
		shape, ok := known[string(key)]
		if !ok {
			c.fail(name, "%s has no property %q in @pulumi/%s %s; it has: %s",
				c.where, name, c.table.Package, c.table.Version, known.names())
			continue
		}
		c.value(name, shape, value)
	}
	for name, shape := range known {
		if value, given := values[resource.PropertyKey(name)]; shape.Required && (!given || value.IsNull()) {
			c.fail(join(path, name), "%s needs the property %q", c.where, join(path, name))
		}
	}
}

func (c *checker) value(path string, shape Type, value resource.PropertyValue) {
	value = reveal(value)
	if value.IsNull() || value.IsComputed() || (value.IsOutput() && !value.OutputValue().Known) {
		return
	}
	right := true
	switch shape.Kind {
	case "any":
	case "string":
		right = value.IsString()
		if right && shape.Enum != nil && !slices.Contains(shape.Enum, value.StringValue()) {
			c.fail(path, "%q is none of the values of %s: %v", value.StringValue(), path, shape.Enum)
		}
	case "number":
		right = value.IsNumber()
	case "boolean":
		right = value.IsBool()
	case "asset":
		right = value.IsAsset() || value.IsArchive()
	case "array":
		if right = value.IsArray(); right {
			for i, element := range value.ArrayValue() {
				c.value(fmt.Sprintf("%s[%d]", path, i), *shape.Of, element)
			}
		}
	case "map":
		if right = value.IsObject(); right {
			for key, element := range value.ObjectValue() {
				c.value(join(path, string(key)), *shape.Of, element)
			}
		}
	case "object":
		if right = value.IsObject(); right {
			c.object(path, c.table.Types[shape.Ref], value.ObjectValue())
		}
	default:
		right = false
	}
	if !right {
		c.fail(path, "%s must be of kind %s, not %s", path, shape.Kind, value.TypeString())
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
