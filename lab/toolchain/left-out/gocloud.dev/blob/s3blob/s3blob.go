// Package s3blob knows its addresses, and refuses them.
package s3blob

import "gocloud.dev/internal/leftout"

func init() { leftout.Bucket{Scheme: "s3"}.Register() }
