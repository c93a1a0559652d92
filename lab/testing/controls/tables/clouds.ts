/**
 * What was done about the providers and the clouds, and the lab's part in it: rows P1 to P15 and C1 to C14 of
 * docs/rehearsed.md, as far as Hetzner's own table has them not. The name of each begins with its row.
 */
import { controlsOf, type Control } from "../control";

const options = "tests/components/options.test.ts";
const records = "tests/config/dns-records.test.ts";
const zones = "tests/config/cloudflare-zone.test.ts";
const pulls = "tests/config-files/host/pull-image.test.ts";
const configuration = "tests/config/parse.test.ts";

/** By tests that need nothing but Node. */
export const cloudControls: readonly Control[] = controlsOf(
  { threat: undefined, file: "components/hcloud-server.ts", test: options },
  [
    {
      name: "p1-assignee-is-hetzners",
      from: ', ignoreChanges: ["assigneeType"]',
      to: "",
      failing: "every use of a resource option",
    },
    {
      name: "p1-lab-says-unassigned",
      file: "lab/hetzner/views.ts",
      from: 'ip.assigneeId === null ? "unassigned" : "server"',
      to: '"server"',
      test: "tests/lab/hetzner/emulator.test.ts",
      failing: "keep the address of their primary IP when replaced",
    },
    {
      name: "p4-sold-in-that-place",
      file: "config/hetzner.ts",
      from: "if (known === undefined || [...known.sold",
      to: "if (known !== null || [...known.sold",
      test: configuration,
      failing: "server type of another continent is refused",
    },
    {
      name: "p5-asked-before-the-record",
      file: "components/public-record.ts",
      from: ", hooks: { beforeCreate: [free] }",
      to: "",
      failing: "every use of a resource option",
    },
    {
      name: "p5-a-record-is-in-the-way",
      file: "config/dns-records.ts",
      from: "if (records.length === 0) return undefined;",
      to: "if (records.length >= 0) return undefined;",
      test: records,
      failing: "refuses where there is one to",
    },
    {
      name: "p5-zone-asked-before-buying",
      from: "beforeCreate: [ready.beforeMaking, ...args.beforeAnything]",
      to: "beforeCreate: [ready.beforeMaking]",
      failing: "every use of a resource option",
    },
    {
      name: "p5-zone-of-that-name",
      file: "config/cloudflare-zone.ts",
      from: "if (other !== undefined && other !== zone.name)",
      to: "if (other === null)",
      test: zones,
      failing: "refuses the id of another zone|knows another zone by its records|before the record is made",
    },
    {
      name: "p5-token-that-may-change",
      file: "config/cloudflare-zone.ts",
      from: 'if (active && may("read") && !may("edit"))',
      to: 'if (may("nothing"))',
      test: zones,
      failing: "refuses a token that may only read",
    },
    {
      name: "p5-what-nobody-takes-over",
      file: "config/cloudflare-zone.ts",
      from: "if (found.length === 0 || found",
      to: "if (found.length >= 0 || found",
      test: zones,
      failing: "refuses records that nobody can take over",
    },
    {
      name: "p5-record-stays",
      file: "components/public-record.ts",
      from: "protect: true, retainOnDelete: true,",
      to: "protect: true,",
      failing: "every use of a resource option",
    },
    {
      name: "p7-provider-has-the-login",
      file: "components/host.ts",
      from: "...(logins.length === 0 ? {} : { registryAuth: logins.map(registryAuth) }),",
      to: "",
      test: "tests/components/registry-login.test.ts",
      failing: "the provider has every login",
    },
    {
      name: "p7-script-has-the-login",
      file: "config-files/host/bin/pull-image",
      from: '{"auths": {KEYS.get(registry, registry):',
      to: '{"auths": {"nowhere":',
      test: pulls,
      failing: "lies in memory, where the client looks for it",
    },
    {
      name: "p7-limit-in-words",
      file: "config-files/host/bin/pull-image",
      from: 'if "toomanyrequests" in words or "429" in codes or "rate limit" in words:',
      to: "if codes == [None]:",
      test: pulls,
      failing: "the pull limit, without a login",
    },
    {
      name: "p7-htpasswd-asks-for-a-login",
      file: "config-files/host/bin/pull-image",
      from: ', "no basic auth credentials")',
      to: ")",
      test: pulls,
      failing: "a registry that wants a login",
    },
    {
      name: "p7-digits-of-a-digest",
      file: "config-files/host/bin/pull-image",
      from: 'r"\\b\\d{3}\\b"',
      to: 'r"(?=(\\d{3}))"',
      test: pulls,
      failing: "another error about a digest",
    },
    {
      name: "p7-lab-provider-takes-the-login",
      file: "lab/toolchain/docker/generated/schema.json",
      from: '"inputProperties":{"caMaterial":{"type":"string"},"certMaterial":{"type":"string"},"certPath":{"type":"string"},"context":{"type":"string"},"disableDockerDaemonCheck":{"type":"boolean"},"host":{"type":"string"},"keyMaterial":{"type":"string"},"registryAuth":',
      to: '"inputProperties":{"caMaterial":{"type":"string"},"certMaterial":{"type":"string"},"certPath":{"type":"string"},"context":{"type":"string"},"disableDockerDaemonCheck":{"type":"boolean"},"host":{"type":"string"},"keyMaterial":{"type":"string"},"registryAuths":',
      test: "tests/lab/toolchain/names.test.ts",
      failing: "docker takes the npm package's own settings",
    },
    {
      name: "p8-lab-edge-waits-no-longer",
      file: "lab/internet/edge/origin.ts",
      from: "outgoing.setTimeout(timeouts.answerMs, () =>",
      to: "outgoing.setTimeout(0, () =>",
      test: "tests/lab/internet/edge.test.ts",
      failing: "never answers: 524",
    },
    {
      name: "p11-lab-names-have-ipv6",
      file: "lab/internet/dns/config.ts",
      from: "...Object.entries(names6).map(([name, ip]) => `host-record=${name},${ip},${automaticTtl}`),",
      to: "",
      test: "tests/lab/internet/dns-config.test.ts",
      failing: "gives providers' names the IPv6 addresses",
    },
    {
      name: "p12-lab-by-tag-and-digest",
      file: "lab/images/settings.ts",
      from: "return [row, digest === undefined ? item.ref :",
      to: "return [row, digest !== item.ref ? item.ref :",
      test: "tests/lab/image-settings.test.ts",
      failing: "names each image by tag and digest",
    },
    {
      name: "p13-caddy-with-holes",
      file: "config/image-rules.ts",
      from: 'oldest: { version: "2.11.1",',
      to: 'oldest: { version: "2.0.1",',
      test: "tests/config/tables.test.ts",
      failing: "caddy:2\\.10\\.2",
    },
    {
      name: "p15-proven-before-another-serves",
      file: "components/gateway.ts",
      from: "// Another filter, or another way to ask it, is asked again.\n      stdin: pulumi.interpolate`${filter.id}",
      to: "stdin: pulumi.interpolate`",
      test: "tests/components/order.test.ts",
      failing: "has a sandbox made through its own filter before another container serves",
    },
    {
      name: "c1-state-is-looked-at",
      file: "tests/lab/toolchain/true-shapes.ts",
      from: "meta: jsonText,",
      to: "",
      test: "tests/lab/toolchain/true-shapes.test.ts",
      failing: "finds both faults in a state of version 0.1.0",
    },
    {
      name: "c7-program-knows-the-form-of-a-token",
      file: "config/secret-checks.ts",
      from: "shape: /^[A-Za-z0-9_-]{40,80}$/,",
      to: "shape: /^[A-Za-z0-9_-]{1,90}$/,",
      test: configuration,
      failing: "Cloudflare.*token|of 3[79] characters|of 81 characters",
    },
    {
      name: "clouds-environment-sends-nothing-along",
      file: "config/provider-environment.ts",
      from: "environment[variable] !== undefined && (",
      to: "environment[variable] === null && (",
      test: "tests/config/provider-environment.test.ts",
      failing: "refuses CLOUDFLARE_API_KEY",
    },
    {
      name: "c12-program-says-proxied",
      file: "policy/rules/edge.ts",
      from: 'inputs["proxied"],\n            (value) => value === true,',
      to: 'inputs["proxied"],\n            () => true,',
      test: "tests/policy/rules.test.ts",
      failing: "record-proxied",
    },
  ],
);

const plugin = "tests/lab/toolchain/cloudflare-plugin.docker.test.ts";
const go = "lab/toolchain/stand-ins/internal";

/** Each builds the stand-in anew, and needs no engine. */
export const standInControls: readonly Control[] = controlsOf(
  { threat: undefined, file: `${go}/cloudflare/dns_record.go`, test: plugin },
  [
    {
      name: "c1-meta-is-a-text",
      from: 'texts:      []string{"meta"},',
      to: "",
      failing: "C1, C11, C12",
    },
    {
      name: "c2-import-without-empty-fields",
      file: `${go}/cloudflare/collection.go`,
      from: "case given, importing && answered && says(value):",
      to: "case given, importing && answered && value != nil:",
      failing: "C2: what is imported",
    },
    {
      name: "c3-another-type-is-another-record",
      from: '[]string{"zoneId", "type"}',
      to: '[]string{"zoneId"}',
      failing: "C3: another type",
    },
    {
      name: "c4-gone-is-an-error",
      file: `${go}/cloudflare/collection.go`,
      from: "_, err := c.api.call(ctx, http.MethodDelete, c.one(call.Old, call.ID), nil)\n",
      to: "_, err := c.api.call(ctx, http.MethodDelete, c.one(call.Old, call.ID), nil)\n\t\t\tif isGone(err) {\n\t\t\t\treturn nil\n\t\t\t}\n",
      failing: "C4: deleting",
    },
    {
      name: "c5-eleven-tries",
      file: `${go}/cloudflare/client.go`,
      from: "tries          = 11",
      to: "tries          = 3",
      failing: "C5: tries again.*eleven times",
    },
    {
      name: "c6-ten-minutes",
      file: `${go}/cloudflare/client.go`,
      from: "answerBegins   = 600.0",
      to: "answerBegins   = 30.0",
      failing: "C6: waits ten minutes",
    },
    {
      name: "c7-form-of-a-token",
      file: `${go}/cloudflare/cloudflare.go`,
      from: "[0-9A-Za-z_-]{40,80}$`",
      to: "[0-9A-Za-z_!-]{1,90}$`",
      failing: "C7, C14: .* the token",
    },
    {
      name: "c8-update-sends-tags",
      from: '"tags":     resource.NewArrayProperty([]resource.PropertyValue{}),',
      to: "",
      failing: "C8, C12: sends",
    },
    {
      name: "c9-cloudflares-raw-answer",
      file: `${go}/cloudflare/client.go`,
      from: '"%s %q: %d %s %s"',
      to: '"%s %s: %d %s %s"',
      failing: "C9: an error",
    },
    {
      name: "c10-status-200-is-success",
      file: `${go}/cloudflare/client.go`,
      from: "return answer.Result, -1, nil",
      to: 'if answer.Result == nil {\n\t\treturn nil, -1, errors.New("without a result")\n\t}\n\treturn answer.Result, -1, nil',
      failing: "C10: status 200",
    },
    {
      name: "c11-dates-in-seconds",
      from: 'dates:      []string{"createdOn", "modifiedOn", "commentModifiedOn", "tagsModifiedOn"},',
      to: "",
      failing: "C1, C11, C12",
    },
    {
      name: "c12-proxied-where-nothing-is-said",
      from: 'return resource.PropertyMap{"proxied": resource.NewBoolProperty(false)}',
      to: "return nil",
      failing: "C8, C12: sends",
    },
    {
      name: "c13-never-cloudflare-itself",
      file: `${go}/cloudflare/cloudflare.go`,
      from: 'if base == "" {',
      to: 'if base == "nowhere" {',
      failing: "C13: without an address",
    },
    {
      name: "c14-dropped-in-silence",
      from: 'dropped:    []string{"includeShadowMetadata"},',
      to: "",
      failing: "includeShadowMetadata is dropped",
    },
    {
      name: "p6-pinned-key-is-asked-for",
      file: `${go}/command/ssh.go`,
      from: "config.HostKeyAlgorithms = []string{key.Type()}",
      to: "",
      test: "tests/lab/toolchain/command.docker.test.ts",
      failing: "a pinned key is asked for by its kind",
    },
  ],
);
