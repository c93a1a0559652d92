// Package azureblob knows its addresses, and refuses them.
package azureblob

import "gocloud.dev/internal/leftout"

func init() { leftout.Bucket{Scheme: "azblob"}.Register() }
