package cloudflare

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Attempts and the pause between them, for answers that say "later".
const (
	attempts    = 3
	retryPause  = 500 * time.Millisecond
	callTimeout = 30 * time.Second
	answerLimit = 8 << 20
)

var errGone = errors.New("not found")

// client speaks the API's envelope over plain HTTP.
type client struct {
	base, token string
}

type envelope struct {
	Success bool `json:"success"`
	Errors  []struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"errors"`
	Result map[string]any `json:"result"`
}

// call returns the result, or errGone on 404. It repeats what the API refused for the moment only.
func (c *client) call(ctx context.Context, method, path string, body map[string]any) (map[string]any, error) {
	for attempt := 1; ; attempt++ {
		status, answer, err := c.once(ctx, method, path, body)
		later := status == http.StatusTooManyRequests || status >= 500
		switch {
		case err == nil && status < 300 && answer.Success:
			return answer.Result, nil
		case status == http.StatusNotFound:
			return nil, errGone
		case later && attempt < attempts:
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(retryPause):
			}
		case err != nil:
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		default:
			return nil, fmt.Errorf("%s %s: HTTP %d: %s", method, path, status, answer.reasons())
		}
	}
}

func (c *client) once(ctx context.Context, method, path string, body map[string]any) (int, envelope, error) {
	var answer envelope
	ctx, stop := context.WithTimeout(ctx, callTimeout)
	defer stop()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, answer, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return 0, answer, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, answer, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return response.StatusCode, answer, err
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return response.StatusCode, answer, fmt.Errorf("HTTP %d with a body that is no JSON: %.200q", response.StatusCode, text)
	}
	return response.StatusCode, answer, nil
}

func (e envelope) reasons() string {
	if len(e.Errors) == 0 {
		return "no reason given"
	}
	text := ""
	for i, reason := range e.Errors {
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("%s (%d)", reason.Message, reason.Code)
	}
	return text
}
