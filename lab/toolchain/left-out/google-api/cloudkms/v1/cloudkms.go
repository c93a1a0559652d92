// Package cloudkms is what the engine names of Google's key service when it keeps no key there.
package cloudkms

// CloudkmsScope is the permission that the engine asks for.
const CloudkmsScope = "https://www.googleapis.com/auth/cloudkms"
