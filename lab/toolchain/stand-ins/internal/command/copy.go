package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"clawkeep.dev/lab/toolchain/stand-ins/internal/standin"
	"github.com/pkg/sftp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// copies writes one file to the far side. It sets no mode and removes nothing on deletion: neither does the true one.
func copies() standin.Behaviour {
	return standin.Behaviour{
		Replace: []string{"triggers"},
		Secret:  []string{"connection"},
		Create: func(ctx context.Context, c standin.Call) (string, resource.PropertyMap, error) {
			return newID(c.URN), nil, upload(ctx, c)
		},
		Update: func(ctx context.Context, c standin.Call) (resource.PropertyMap, error) {
			same := c.Inputs["source"].DeepEquals(c.Old["source"]) && c.Inputs["remotePath"].DeepEquals(c.Old["remotePath"])
			if same {
				return nil, nil
			}
			return nil, upload(ctx, c)
		},
		Delete: func(context.Context, standin.Call) error { return nil },
	}
}

func upload(ctx context.Context, c standin.Call) error {
	source := c.Inputs["source"]
	if !source.IsAsset() {
		return fmt.Errorf("the stand-in for CopyToRemote copies a FileAsset or StringAsset, no archive")
	}
	content, err := source.AssetValue().Bytes()
	if err != nil {
		return fmt.Errorf("reading the source: %w", err)
	}
	far, err := dial(ctx, c.Inputs["connection"].ObjectValue(), c.Log)
	if err != nil {
		return err
	}
	files, err := sftp.NewClient(far)
	if err != nil {
		return fmt.Errorf("starting sftp: %w", err)
	}
	defer files.Close()
	target := standin.Text(c.Inputs, "remotePath")
	if about, err := files.Stat(target); err == nil && about.IsDir() {
		if !source.AssetValue().IsPath() {
			return fmt.Errorf("%s is a directory on the far side, and a StringAsset has no file name: give one", target)
		}
		target = path.Join(target, path.Base(source.AssetValue().Path))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("looking at %s: %w", target, err)
	}
	if err := files.MkdirAll(path.Dir(target)); err != nil {
		return fmt.Errorf("making the folder of %s: %w", target, err)
	}
	file, err := files.Create(target)
	if err != nil {
		return fmt.Errorf("writing %s: %w", target, err)
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}
