// Package retry keeps the one thing that a bucket in a folder names of it: an error that it never meets. Nothing that
// is left retries.
package retry

import "fmt"

// A ContextError is a call that was given up.
type ContextError struct{ CtxErr, FuncErr error }

func (e *ContextError) Error() string { return fmt.Sprintf("%v; last error: %v", e.CtxErr, e.FuncErr) }

// Is reports whether one of the two is the target.
func (e *ContextError) Is(target error) bool { return e.CtxErr == target || e.FuncErr == target }
