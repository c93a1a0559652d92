// Command pulumi-resource-command is the plugin `command`, as far as the program uses it.
package main

import (
	"clawkeep.dev/lab/toolchain/stand-ins/internal/command"
	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
)

func main() { standin.Main(command.Provider()) }
