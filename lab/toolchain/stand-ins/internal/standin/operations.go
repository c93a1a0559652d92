package standin

import (
	"context"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

func (p *Provider) Create(ctx context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	_, entry, behaviour, err := p.lookUp(r.URN)
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	if r.Preview {
		return plugin.CreateResponse{Properties: unknown(entry, r.Properties)}, nil
	}
	ctx, stop := p.bounded(ctx)
	defer stop()
	id, outputs, err := behaviour.Create(ctx, Call{
		URN: r.URN, Inputs: Reveal(r.Properties), Log: p.log.of(r.URN),
	})
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	return plugin.CreateResponse{ID: resource.ID(id), Properties: merge(r.Properties, outputs)}, nil
}

func (p *Provider) Update(ctx context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	_, entry, behaviour, err := p.lookUp(r.URN)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	if r.Preview {
		return plugin.UpdateResponse{Properties: unknown(entry, r.NewInputs)}, nil
	}
	ctx, stop := p.bounded(ctx)
	defer stop()
	outputs, err := behaviour.Update(ctx, Call{
		URN: r.URN, ID: string(r.ID), Inputs: Reveal(r.NewInputs), Old: Reveal(r.OldOutputs), Log: p.log.of(r.URN),
	})
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	return plugin.UpdateResponse{Properties: merge(r.NewInputs, outputs)}, nil
}

func (p *Provider) Delete(ctx context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	_, _, behaviour, err := p.lookUp(r.URN)
	if err != nil {
		return plugin.DeleteResponse{}, err
	}
	ctx, stop := p.bounded(ctx)
	defer stop()
	return plugin.DeleteResponse{}, behaviour.Delete(ctx, Call{
		URN: r.URN, ID: string(r.ID), Inputs: Reveal(r.Inputs), Old: Reveal(r.Outputs), Log: p.log.of(r.URN),
	})
}

func (p *Provider) Read(ctx context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	_, _, behaviour, err := p.lookUp(r.URN)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	if behaviour.Read == nil {
		return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: r.ID, Inputs: r.Inputs, Outputs: r.State}}, nil
	}
	ctx, stop := p.bounded(ctx)
	defer stop()
	id, inputs, outputs, err := behaviour.Read(ctx, Call{
		URN: r.URN, ID: string(r.ID), Inputs: Reveal(r.Inputs), Old: Reveal(r.State), Log: p.log.of(r.URN),
	})
	if err != nil || inputs == nil {
		return plugin.ReadResponse{}, err
	}
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: resource.ID(id), Inputs: keepSecret(r.Inputs, inputs), Outputs: merge(keepSecret(r.Inputs, inputs), outputs),
	}}, nil
}

// bounded ties an operation to the engine's cancellation as well as to its own request.
func (p *Provider) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	detach := context.AfterFunc(p.ctx, stop)
	return ctx, func() {
		detach()
		stop()
	}
}

// unknown is the state a preview shows: what the far side would answer is not known yet.
func unknown(entry Entry, inputs resource.PropertyMap) resource.PropertyMap {
	outputs := resource.PropertyMap{}
	for _, name := range entry.Outputs {
		outputs[resource.PropertyKey(name)] = resource.MakeComputed(resource.NewStringProperty(""))
	}
	return merge(inputs, outputs)
}

// merge keeps the inputs as they came, secret or not, beside the outputs.
func merge(inputs, outputs resource.PropertyMap) resource.PropertyMap {
	state := maps.Clone(inputs)
	if state == nil {
		state = resource.PropertyMap{}
	}
	maps.Copy(state, outputs)
	return state
}

// keepSecret wraps what was read where the program's own input was secret.
func keepSecret(old, read resource.PropertyMap) resource.PropertyMap {
	kept := maps.Clone(read)
	for key, value := range kept {
		if before, ok := old[key]; ok && before.IsSecret() {
			kept[key] = resource.MakeSecret(value)
		}
	}
	return kept
}
