package standin

import "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

// reveal takes the secret wrapping off one value.
func reveal(value resource.PropertyValue) resource.PropertyValue {
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	if value.IsOutput() && value.OutputValue().Known {
		return reveal(value.OutputValue().Element)
	}
	return value
}

// Reveal takes the secret wrapping off all values, however deep. What it returns must not go back to the engine.
func Reveal(values resource.PropertyMap) resource.PropertyMap {
	plain := resource.PropertyMap{}
	for key, value := range values {
		plain[key] = revealDeep(value)
	}
	return plain
}

func revealDeep(value resource.PropertyValue) resource.PropertyValue {
	value = reveal(value)
	switch {
	case value.IsArray():
		elements := make([]resource.PropertyValue, 0, len(value.ArrayValue()))
		for _, element := range value.ArrayValue() {
			elements = append(elements, revealDeep(element))
		}
		return resource.NewArrayProperty(elements)
	case value.IsObject():
		return resource.NewObjectProperty(Reveal(value.ObjectValue()))
	}
	return value
}

// Text returns a string property, or "" where it is absent.
func Text(values resource.PropertyMap, key resource.PropertyKey) string {
	if value, ok := values[key]; ok && value.IsString() {
		return value.StringValue()
	}
	return ""
}

// Texts returns a map of strings, or nil where it is absent.
func Texts(values resource.PropertyMap, key resource.PropertyKey) map[string]string {
	value, ok := values[key]
	if !ok || !value.IsObject() {
		return nil
	}
	texts := map[string]string{}
	for name := range value.ObjectValue() {
		texts[string(name)] = Text(value.ObjectValue(), name)
	}
	return texts
}
