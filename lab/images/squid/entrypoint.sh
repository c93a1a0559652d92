#!/bin/bash
# Prepares the cache folders and starts Squid with the arguments given.
set -euo pipefail

chown -R proxy: /var/log/squid /var/spool/squid
squid -Nz -f /etc/squid/squid.conf
exec squid "$@"
