package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// The pause between two attempts to connect grows from the first to the last of these.
const (
	firstPause  = 100 * time.Millisecond
	pauseGrowth = 1.5
	lastPause   = 5 * time.Second
)

// dial connects, through the proxy if there is one. As by the true plugin the connection stays open until the plugin
// ends: nobody closes it, so by the end of an update a server has as many logged in as there were commands. The time
// limit covers the TCP connection alone, so a server that accepts and stays silent holds everything up.
func dial(ctx context.Context, c resource.PropertyMap, log standin.Logger) (*ssh.Client, error) {
	connect := func(address string) (net.Conn, error) {
		return net.DialTimeout("tcp", address, seconds(c))
	}
	if proxy, ok := c["proxy"]; ok && proxy.IsObject() {
		between, err := dial(ctx, proxy.ObjectValue(), log)
		if err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		connect = func(address string) (net.Conn, error) { return between.Dial("tcp", address) }
	}
	config, err := clientConfig(c)
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort(standin.Text(c, "host"), strconv.Itoa(number(c, "port", 22)))
	return retry(ctx, c, address, log, func() (*ssh.Client, error) {
		return handshake(connect, address, config)
	})
}

func handshake(connect func(string) (net.Conn, error), address string, config *ssh.ClientConfig) (*ssh.Client, error) {
	raw, err := connect(address)
	if err != nil {
		return nil, err
	}
	connection, channels, requests, err := ssh.NewClientConn(raw, address, config)
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return ssh.NewClient(connection, channels, requests), nil
}

// retry tries until one attempt succeeds or dialErrorLimit further ones have failed; -1 sets no limit.
func retry(ctx context.Context, c resource.PropertyMap, address string, log standin.Logger,
	attempt func() (*ssh.Client, error),
) (*ssh.Client, error) {
	limit := number(c, "dialErrorLimit", 10)
	pause := firstPause
	for failed := 1; ; failed++ {
		client, err := attempt()
		if err == nil {
			return client, nil
		}
		if limit >= 0 && failed > limit {
			return nil, fmt.Errorf("connecting to %s: after %d failed attempts: %w", address, failed-1, err)
		}
		log.Info(fmt.Sprintf("Dial %d/%d failed: retrying", failed, limit))
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-time.After(pause):
		}
		pause = min(time.Duration(float64(pause)*pauseGrowth), lastPause)
	}
}

// clientConfig reads the connection. A private key comes first; without one the agent is asked; a password is last.
func clientConfig(c resource.PropertyMap) (*ssh.ClientConfig, error) {
	config := &ssh.ClientConfig{User: "root", HostKeyCallback: ssh.InsecureIgnoreHostKey()}
	if user := standin.Text(c, "user"); user != "" {
		config.User = user
	}
	if pinned := standin.Text(c, "hostKey"); pinned != "" {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(pinned))
		if err != nil {
			return nil, fmt.Errorf("hostKey is no public key in the form of an authorized_keys line: %w", err)
		}
		config.HostKeyCallback = ssh.FixedHostKey(key)
		// A server with keys of several kinds is asked for the one that is pinned.
		config.HostKeyAlgorithms = []string{key.Type()}
	}
	if text := standin.Text(c, "privateKey"); text != "" {
		signer, err := parseKey(text, standin.Text(c, "privateKeyPassword"))
		if err != nil {
			return nil, fmt.Errorf("privateKey cannot be read: %w", err)
		}
		config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	} else if path := agentPath(c); path != "" {
		socket, err := net.Dial("unix", path)
		if err != nil {
			return nil, fmt.Errorf("the SSH agent does not answer (start one, or correct SSH_AUTH_SOCK): %w", err)
		}
		config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(socket).Signers))
	}
	if password := standin.Text(c, "password"); password != "" {
		config.Auth = append(config.Auth, ssh.Password(password))
	}
	return config, nil
}

func parseKey(text, password string) (ssh.Signer, error) {
	if password != "" {
		return ssh.ParsePrivateKeyWithPassphrase([]byte(text), []byte(password))
	}
	return ssh.ParsePrivateKey([]byte(text))
}

func agentPath(c resource.PropertyMap) string {
	if path := standin.Text(c, "agentSocketPath"); path != "" {
		return path
	}
	return os.Getenv("SSH_AUTH_SOCK")
}

func seconds(c resource.PropertyMap) time.Duration {
	return time.Duration(number(c, "perDialTimeout", 15)) * time.Second
}

func number(c resource.PropertyMap, key resource.PropertyKey, otherwise int) int {
	if value, ok := c[key]; ok && value.IsNumber() {
		return int(value.NumberValue())
	}
	return otherwise
}
