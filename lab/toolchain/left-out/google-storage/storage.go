// Package storage is what the engine names of Google's storage client when it stores no state there.
package storage

// ScopeReadWrite is the permission that the engine asks for.
const ScopeReadWrite = "https://www.googleapis.com/auth/devstorage.read_write"
