package command

import (
	"context"
	"os"
	"os/exec"
	"strings"

	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
)

// runLocal runs the text by the interpreter on this machine.
func runLocal(ctx context.Context, j job) (string, string, error) {
	arguments := []string{"/bin/sh", "-c"}
	if value, ok := j.inputs["interpreter"]; ok && value.IsArray() {
		arguments = nil
		for _, part := range value.ArrayValue() {
			arguments = append(arguments, part.StringValue())
		}
	}
	arguments = append(arguments, j.text)
	command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	command.Dir = standin.Text(j.inputs, "dir")
	command.Env = os.Environ()
	for name, value := range j.previous() {
		command.Env = append(command.Env, name+"="+value)
	}
	for name, value := range standin.Texts(j.inputs, "environment") {
		command.Env = append(command.Env, name+"="+value)
	}
	if stdin := standin.Text(j.inputs, "stdin"); stdin != "" {
		command.Stdin = strings.NewReader(stdin)
	}
	out := newOutput(j)
	command.Stdout, command.Stderr = out.streams()
	return out.finish(j.text, command.Run())
}
