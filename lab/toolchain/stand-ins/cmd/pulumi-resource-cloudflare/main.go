// Command pulumi-resource-cloudflare is the plugin `cloudflare`, as far as the program uses it.
package main

import (
	"clawkeep.dev/lab/toolchain/stand-ins/internal/cloudflare"
	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
)

func main() { standin.Main(cloudflare.Provider()) }
