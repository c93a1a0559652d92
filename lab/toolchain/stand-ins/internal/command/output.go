package command

import (
	"bytes"
	"fmt"
	"strings"
	"sync"

	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
)

// output collects what a command prints: each stream for the state, both together for an error, and the lines that
// `logging` asks for are sent to the engine as they come.
type output struct {
	mutex          sync.Mutex
	stdout, stderr bytes.Buffer
	both           bytes.Buffer
	pending        bytes.Buffer
	mode           string
	log            standin.Logger
}

func newOutput(j job) *output {
	return &output{mode: standin.Text(j.inputs, "logging"), log: j.log}
}

type stream struct {
	out *output
	own *bytes.Buffer
	// logged says whether the mode covers this stream.
	logged bool
}

func (o *output) streams() (stdout, stderr *stream) {
	everything := o.mode == "" || o.mode == "stdoutAndStderr"
	return &stream{o, &o.stdout, everything || o.mode == "stdout"},
		&stream{o, &o.stderr, everything || o.mode == "stderr"}
}

func (s *stream) Write(data []byte) (int, error) {
	s.out.mutex.Lock()
	defer s.out.mutex.Unlock()
	s.own.Write(data)
	s.out.both.Write(data)
	if s.logged {
		s.out.pending.Write(data)
		s.out.sendLines()
	}
	return len(data), nil
}

func (o *output) sendLines() {
	for {
		end := bytes.IndexByte(o.pending.Bytes(), '\n')
		if end < 0 {
			return
		}
		o.log.Info(string(o.pending.Next(end)))
		o.pending.Next(1)
	}
}

// finish sends a last line that has no end, and takes one line end off each stream, as a shell substitution would.
// The error of a failed command holds its text and all it printed: so does that of the true provider.
func (o *output) finish(text string, err error) (stdout, stderr string, _ error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.pending.Len() > 0 {
		o.log.Info(o.pending.String())
	}
	if err != nil {
		return "", "", fmt.Errorf("%w: running %q:\n%s", err, text, o.both.String())
	}
	return strings.TrimSuffix(o.stdout.String(), "\n"), strings.TrimSuffix(o.stderr.String(), "\n"), nil
}
