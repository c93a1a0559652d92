/**
 * Addresses that no destination may have, whatever its name: everything that IANA's special-purpose registries hold
 * back from the Internet, what carries an IPv4 address inside an IPv6 one, and what clouds answer their own servers at.
 */

/** IPv4 ranges. Squid keeps IPv4 addresses as ::ffff:a.b.c.d, so these cover the mapped spelling too. */
export const special4: readonly string[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10", // shared; Alibaba's metadata service
  "127.0.0.0/8",
  "168.63.129.16/32", // Azure's services for its own servers: public in form only
  "169.254.0.0/16", // link-local; the metadata service of most clouds, Hetzner's too
  "172.16.0.0/12",
  "192.0.0.0/24", // protocol assignments; Oracle's metadata service
  "192.0.2.0/24",
  "192.88.99.0/24", // relays from IPv6 to IPv4
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3", // multicast, reserved, broadcast
];

/**
 * IPv6: all that is not global unicast (2000::/3), and the special part of that. Written round ::ffff:0:0/96, because
 * a range that covers it can cover every IPv4 address to Squid: `::/8` alone refuses the whole Internet. What lies
 * between the first two rows (0:0:0:0:0:1:: and on) is assigned to nobody.
 */
export const special6: readonly string[] = [
  "::/96", // unspecified, loopback, IPv4-compatible; a range that begins with `::` holds nothing to Squid
  "0:0:0:0:1:0:0:0-1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", // NAT64, IPv4-translated, discard-only
  "2001::/23", // Teredo, ORCHID, benchmarking
  "2001:db8::/32",
  "2002::/16", // 6to4
  "3fff::/20",
  "4000::/2",
  "8000::/1", // unique local (AWS's metadata service), link-local, multicast
];
