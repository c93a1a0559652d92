// Package azurekeyvault registers no keeper: its addresses are refused as unknown.
package azurekeyvault
