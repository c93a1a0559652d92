/**
 * Every use of a resource option that bends what the engine does by itself, with its reason. A use that is not here
 * fails the test, so that nobody adds one without saying why.
 */
export interface OptionUse {
  /** Last part of the type. */
  readonly type: string;
  readonly option: string;
  readonly value: unknown;
  readonly reason: string;
}

const onHost = ["Command", "Container", "Network", "RemoteImage", "VolumeAttachment"];

export const optionUses: readonly OptionUse[] = [
  ...onHost.flatMap((type) => [
    {
      type,
      option: "replaceWith",
      value: ["host-server"],
      reason: "what was on a server goes with it: one up brings all of it back onto the new one",
    },
    {
      type,
      option: "deletedWith",
      value: "host-server-instance",
      reason: "nobody can undo anything on a server that is gone, or about to go",
    },
  ]),
  {
    type: "Command",
    option: "deletedWith",
    value: "host-firewall",
    reason:
      "before another type the server is shut down; on destroy it has gone already, and so goes the firewall",
  },
  {
    type: "RandomId",
    option: "replaceWith",
    value: ["host-server"],
    reason: "it stands for one server: the engine lists it among what goes when the server is replaced",
  },
  ...["PrimaryIp", "Volume", "DnsRecord"].map((type) => ({
    type,
    option: "protect",
    value: true,
    reason: "destroy keeps the address, the state and the public name unless somebody names them",
  })),
  {
    type: "DnsRecord",
    option: "retainOnDelete",
    value: true,
    reason: "a stack that forgets the record must not take it from the one that has adopted it",
  },
  {
    type: "Volume",
    option: "ignoreChanges",
    value: ["format"],
    reason: "the format is a matter of creation alone, and Hetzner does not give it back",
  },
  {
    type: "PrimaryIp",
    option: "ignoreChanges",
    value: ["assigneeType"],
    reason: "Hetzner answers unassigned for an address without a server, which is how it is made",
  },
  {
    type: "Server",
    option: "ignoreChanges",
    value: ["userData", "sshKeys", "image"],
    reason: "they matter at the first boot alone, and a change would throw the server away",
  },
  {
    type: "Server",
    option: "deleteBeforeReplace",
    value: true,
    reason: "its name is taken and its address in use until the old one is gone",
  },
  {
    type: "Firewall",
    option: "hooks",
    value: [
      "the project at Hetzner is ready",
      "the zone at Cloudflare is ready",
      "the stack is in no other project",
      "what the server was made with stays",
      "another server type is to be had",
    ],
    reason:
      "a changed port or key would put the server out of reach, and a location cannot be left; the firewall, which changes first, remembers all that, and the type. Made before all else, it is where token and zone of the public record are looked at, and whether the token is another project's",
  },
  ...["SshKey", "PrimaryIp"].map((type) => ({
    type,
    option: "hooks",
    value: ["the project at Hetzner is ready"],
    reason:
      "a name in use and a type out of stock are seen before anything is bought that is bound to its place",
  })),
  {
    type: "Volume",
    option: "hooks",
    value: ["the project at Hetzner is ready", "the volume is of the size that is known"],
    reason: "as of an address; and one that somebody has made larger ends every resize with an error",
  },
  {
    type: "Server",
    option: "hooks",
    value: ["the project at Hetzner is ready", "the server is of the type that is known"],
    reason: "as of an address; and one that nobody has shut down for another type would lose its power",
  },
  {
    type: "Command",
    option: "hooks",
    value: ["a server that keeps its type is started"],
    reason: "what was shut down for another type, and has it already, is started by nobody else",
  },
  {
    type: "Command",
    option: "hooks",
    value: ["the server is on"],
    reason: "a destroy that was refused half way leaves the server off, and nobody could log in",
  },
  {
    type: "DnsRecord",
    option: "hooks",
    value: ["the public name has no record yet"],
    reason: "a second record of the name is no error at Cloudflare: both would be served in turns",
  },
  {
    type: "VolumeAttachment",
    option: "deleteBeforeReplace",
    value: true,
    reason: "a volume is attached to one server at a time",
  },
  {
    type: "VolumeAttachment",
    option: "hooks",
    value: ["the volume is attached to nothing"],
    reason: "an attachment whose answer was lost is taken over, not made again",
  },
  {
    type: "Network",
    option: "deleteBeforeReplace",
    value: true,
    reason: "two networks of one name or subnet cannot be there together",
  },
  {
    type: "Container",
    option: "deleteBeforeReplace",
    value: true,
    reason: "names and addresses are fixed, so old and new cannot be there together",
  },
  {
    type: "Container",
    option: "deleteBeforeReplace",
    value: false,
    reason: "the provider wants it, but a gateway serves on until another one has proven itself",
  },
  {
    type: "Container",
    option: "retainOnDelete",
    value: true,
    reason: "the gateway that the engine takes for the old one may be the one that serves; scripts remove it",
  },
  {
    type: "Container",
    option: "replaceOnChanges",
    value: ["healthcheck", "tmpfs", "init", "stopTimeout"],
    reason:
      "the provider takes changes of these for updates in place and does nothing (terraform-provider-docker#988)",
  },
  {
    type: "Command",
    option: "deleteBeforeReplace",
    value: true,
    reason: "the old one's delete would undo what the new one's create has just done",
  },
  {
    type: "Command",
    option: "replaceOnChanges",
    value: ["triggers[*]"],
    reason:
      "set by the SDK itself (pulumi-command#855); in use for the firewall's confirmation and a server's type",
  },
  {
    type: "DnsRecord",
    option: "aliases",
    value: 1,
    reason: "set by the SDK itself: the resource was called Record before",
  },
];
