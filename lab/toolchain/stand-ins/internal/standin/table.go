package standin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Type is the shape of one property, as the npm package's types describe it.
type Type struct {
	// Kind is string, number, boolean, any, array, map, object or asset.
	Kind string `json:"kind"`
	// Of is the shape of the elements of an array or map.
	Of *Type `json:"of,omitempty"`
	// Ref names the object's entry in Table.Types.
	Ref string `json:"ref,omitempty"`
	// Enum lists the permitted strings, when not every string is permitted.
	Enum     []string `json:"enum,omitempty"`
	Required bool     `json:"required,omitempty"`
}

// Properties maps property names to their shapes.
type Properties map[string]Type

// Entry is what the npm package declares for one resource type.
type Entry struct {
	Inputs Properties `json:"inputs"`
	// Outputs holds only what is no input too.
	Outputs []string `json:"outputs"`
}

// Table is what a stand-in accepts: everything else is refused.
type Table struct {
	Package   string                `json:"package"`
	Version   string                `json:"version"`
	Provider  Properties            `json:"provider"`
	Resources map[string]Entry      `json:"resources"`
	Types     map[string]Properties `json:"types"`
}

// MustLoad reads a table that was compiled in; a broken one is a mistake at build time.
func MustLoad(text []byte) *Table {
	table := &Table{}
	if err := json.Unmarshal(text, table); err != nil {
		panic(fmt.Sprintf("the property table does not parse: %v; generate it again with lab/toolchain/stand-ins/tables", err))
	}
	return table
}

func (p Properties) names() string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
