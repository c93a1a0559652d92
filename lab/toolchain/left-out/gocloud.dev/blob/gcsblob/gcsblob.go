// Package gcsblob knows its addresses, and refuses them.
package gcsblob

import (
	"context"
	"net/url"

	"gocloud.dev/blob"
	"gocloud.dev/gcp"
	"gocloud.dev/internal/leftout"
)

// Scheme is how an address of a bucket begins.
const Scheme = "gs"

func init() { leftout.Bucket{Scheme: Scheme}.Register() }

// Options say who signs.
type Options struct {
	GoogleAccessID string
	PrivateKey     []byte
}

// URLOpener opens a bucket by its address.
type URLOpener struct {
	Client  *gcp.HTTPClient
	Options Options
}

// OpenBucketURL refuses.
func (*URLOpener) OpenBucketURL(ctx context.Context, address *url.URL) (*blob.Bucket, error) {
	return leftout.Bucket{Scheme: Scheme}.OpenBucketURL(ctx, address)
}
