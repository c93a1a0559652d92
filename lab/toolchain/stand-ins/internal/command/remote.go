package command

import (
	"context"
	"fmt"
	"strings"

	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
	"golang.org/x/crypto/ssh"
)

// runRemote runs the text by the login shell of the far user.
func runRemote(ctx context.Context, j job) (string, string, error) {
	far, err := dial(ctx, j.inputs["connection"].ObjectValue(), j.log)
	if err != nil {
		return "", "", err
	}
	session, err := far.NewSession()
	if err != nil {
		return "", "", fmt.Errorf("opening a session: %w", err)
	}
	defer session.Close()
	if err := setEnvironment(session, j); err != nil {
		return "", "", err
	}
	if stdin := standin.Text(j.inputs, "stdin"); stdin != "" {
		session.Stdin = strings.NewReader(stdin)
	}
	// An operation that is given up ends what it runs.
	stop := context.AfterFunc(ctx, func() { _ = session.Close() })
	defer stop()
	out := newOutput(j)
	session.Stdout, session.Stderr = out.streams()
	return out.finish(j.text, session.Run(j.text))
}

// setEnvironment fails where sshd refuses a variable that the program asked for. It only warns where sshd refuses the
// previous output, which nobody asked for.
func setEnvironment(session *ssh.Session, j job) error {
	for name, value := range standin.Texts(j.inputs, "environment") {
		if err := session.Setenv(name, value); err != nil {
			return fmt.Errorf("sshd refused the environment variable %s (allow it with AcceptEnv there, or write it "+
				"into the command): %w", name, err)
		}
	}
	for name, value := range j.previous() {
		if err := session.Setenv(name, value); err != nil {
			j.log.Warn(fmt.Sprintf("sshd refused %s; allow it with AcceptEnv, or set addPreviousOutputInEnv: false", name))
		}
	}
	return nil
}
