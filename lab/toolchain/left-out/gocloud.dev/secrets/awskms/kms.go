// Package awskms registers no keeper: its addresses are refused as unknown.
package awskms
