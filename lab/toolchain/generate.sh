#!/usr/bin/env bash
# Makes a bridged provider's package schema and name table anew, after its version changed. Both are committed: the
# generator takes minutes to compile, and the plugin alone does not need it.
#
# Usage: lab/toolchain/generate.sh docker|hcloud|random
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=${1:-}
case $name in
  docker) tags=no_compose ;;
  hcloud | random) tags=none ;;
  *)
    echo "usage: generate.sh docker|hcloud|random" >&2
    exit 2
    ;;
esac
draft=$(mktemp -d)
trap 'rm -rf "$draft"' EXIT
cd "$here/$name"
go run -tags "$tags" "./cmd/pulumi-tfgen-$name" schema --skip-docs --skip-examples --out "$draft" >/dev/null
npx tsx "$here/strip-schema.ts" "$draft/schema.json" generated/schema.json
cp "$draft/bridge-metadata.json" generated/
