package cloudflare

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"time"
)

// What the true provider was seen to do: so many tries in all, pauses that double up to the longest less up to a quarter,
// and so long for an answer to begin. All are in seconds of the clock below.
const (
	tries          = 11
	firstPause     = 2.0
	longestPause   = 30.0
	pauseLessUpTo  = 0.25
	answerBegins   = 600.0
	answerLimit    = 8 << 20
	secondVariable = "CLAWKEEP_STAND_IN_SECOND"
)

// secondOf says how long a second is. The tests of three minutes of silence, and of ten, have no ten minutes.
func secondOf(text string) (time.Duration, error) {
	if text == "" {
		return time.Second, nil
	}
	second, err := time.ParseDuration(text)
	if err != nil || second <= 0 {
		return 0, fmt.Errorf("%s is %q, and must be a time such as 10ms: unset it, which means 1s", secondVariable, text)
	}
	return second, nil
}

// client sends what the true provider sends, and believes what it believes: a status below 400 is success.
type client struct {
	base, token string
	second      time.Duration
	http        *http.Client
}

func (c *client) setUp(base, token string) (err error) {
	if c.second, err = secondOf(os.Getenv(secondVariable)); err != nil {
		return err
	}
	c.base, c.token = base, token
	// Only the beginning of the answer is waited for with a limit; how long connecting takes is the system's matter.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = c.seconds(answerBegins)
	c.http = &http.Client{Transport: transport}
	return nil
}

func (c *client) seconds(count float64) time.Duration {
	return time.Duration(count * float64(c.second))
}

// refusal is an answer that is none of success, in the words of the true provider: Cloudflare's own, raw.
type refusal struct {
	method, url string
	status      int
	body        string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%s %q: %d %s %s", r.method, r.url, r.status, http.StatusText(r.status), r.body)
}

func isGone(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && refused.status == http.StatusNotFound
}

// call returns the answer's result, whatever the answer says of its success; nil where there is none.
func (c *client) call(ctx context.Context, method, path string, body map[string]any) (map[string]any, error) {
	pause := firstPause
	for try := 1; ; try++ {
		result, after, err := c.once(ctx, method, path, body, try)
		if err == nil || !passing(err) || try == tries {
			return result, err
		}
		wait := c.seconds(pause * (1 - pauseLessUpTo*rand.Float64()))
		if after >= 0 {
			wait = c.seconds(after)
		}
		pause = min(pause*2, longestPause)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// passing says what is tried again: what the API said of the moment, and connections that failed. A silent API is not.
func passing(err error) bool {
	var refused *refusal
	if errors.As(err, &refused) {
		switch refused.status {
		case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
			return true
		}
		return refused.status >= 500
	}
	var late interface{ Timeout() bool }
	return !(errors.As(err, &late) && late.Timeout())
}

// once also returns how many seconds the answer wants to be left alone, or less than none.
func (c *client) once(ctx context.Context, method, path string, body map[string]any, try int) (map[string]any, float64, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, -1, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return nil, -1, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("X-Stainless-Retry-Count", strconv.Itoa(try-1))
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, -1, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return nil, -1, err
	}
	if response.StatusCode >= 400 {
		raw := ""
		if json.Valid(text) {
			raw = string(text)
		}
		return nil, retryAfter(response), &refusal{method, request.URL.String(), response.StatusCode, raw}
	}
	var answer struct {
		Result map[string]any `json:"result"`
	}
	if json.Unmarshal(text, &answer) != nil {
		return nil, -1, nil
	}
	return answer.Result, -1, nil
}

func retryAfter(response *http.Response) float64 {
	seconds, err := strconv.ParseFloat(response.Header.Get("Retry-After"), 64)
	if err != nil || seconds < 0 {
		return -1
	}
	return seconds
}
