// Package hashivault registers no keeper: an address hashivault://... is refused as unknown.
package hashivault
