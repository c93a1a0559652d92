package standin

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Logger sends lines to the engine, which shows them under the resource.
type Logger interface {
	Info(line string)
	Warn(line string)
	Error(line string)
}

// Main serves the plugin as the engine expects it: the engine's address is the last argument, the plugin's own port is
// the first line of its output.
func Main(p *Provider) {
	if err := run(p); err != nil {
		fmt.Fprintf(os.Stderr, "the plugin %s cannot run: %v\n", p.Table.Package, err)
		os.Exit(1)
	}
}

func run(p *Provider) error {
	if len(os.Args) < 2 {
		return fmt.Errorf("no engine address was given: this program is started by pulumi, not by hand")
	}
	if os.Args[1] == "-version" || os.Args[1] == "--version" {
		fmt.Println(p.Table.Version)
		return nil
	}
	connection, err := grpc.NewClient(os.Args[len(os.Args)-1],
		grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return err
	}
	defer connection.Close()
	p.log = &engineLog{engine: pulumirpc.NewEngineClient(connection)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterResourceProviderServer(server, plugin.NewProviderServer(p))
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}

type engineLog struct{ engine pulumirpc.EngineClient }

func (l *engineLog) of(urn resource.URN) Logger { return resourceLog{l.engine, urn} }

type resourceLog struct {
	engine pulumirpc.EngineClient
	urn    resource.URN
}

func (l resourceLog) send(severity pulumirpc.LogSeverity, line string) {
	// A lost log line must not fail the operation it tells of.
	_, _ = l.engine.Log(context.Background(), &pulumirpc.LogRequest{
		Severity: severity, Message: line, Urn: string(l.urn),
	})
}

func (l resourceLog) Info(line string)  { l.send(pulumirpc.LogSeverity_INFO, line) }
func (l resourceLog) Warn(line string)  { l.send(pulumirpc.LogSeverity_WARNING, line) }
func (l resourceLog) Error(line string) { l.send(pulumirpc.LogSeverity_ERROR, line) }
