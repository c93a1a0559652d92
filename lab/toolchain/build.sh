#!/usr/bin/env bash
# Finds or builds Pulumi and the provider plugins that the program needs, and says in $CLAWKEEP_LAB/toolchain.env how to
# use them. A second run changes nothing and takes about a second.
#
#   CLAWKEEP_TOOLCHAIN=auto    (default) what is installed, if all of it is; else build
#   CLAWKEEP_TOOLCHAIN=system  what is installed, or fail
#   CLAWKEEP_TOOLCHAIN=build   build, whatever is installed
#
# A build needs Go and Node.js, and Go modules from wherever `go env GOPROXY` says.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab=${CLAWKEEP_LAB:-$(cd "$here/../.." && pwd)/.lab}
cache=${CLAWKEEP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/clawkeep}/toolchain
mode=${CLAWKEEP_TOOLCHAIN:-auto}
logs=$lab/logs
engine=3.230

# As Pulumi builds its own releases, and as the images' Go programs are built: the standard library compiles once.
export CGO_ENABLED=0

# The versions that the npm packages ask for. Tests compare them with package.json.
plugins=(docker:5.2.0 hcloud:1.32.1 random:4.21.2 command:1.2.1 cloudflare:6.22.1)

# Parts in the order in which they share the most compiled packages: folder, build tags, packages.
# The language host looks for its own version where pulumi looks for it, so both are stamped.
stamp=github.com/pulumi/pulumi/sdk/v3/go/common/version.Version
part_tags() { [[ $1 == docker ]] && echo no_compose || echo none; }
part_packages() {
  case $1 in
    nodejs-host) echo ./pulumi-language-nodejs ;;
    pulumi) echo github.com/pulumi/pulumi/pkg/v3/cmd/pulumi ;;
    stand-ins) echo ./cmd/pulumi-resource-command ./cmd/pulumi-resource-cloudflare ;;
    *) echo "./cmd/pulumi-resource-$1" ;;
  esac
}
parts=(nodejs-host pulumi random stand-ins hcloud docker)

# Modules of which left-out/ replaces some files, because they bring much that nothing here uses.
part_trimmed() {
  case $1 in
    pulumi) echo github.com/pulumi/pulumi/pkg/v3 gocloud.dev ;;
    random | hcloud) echo github.com/pulumi/pulumi/sdk/v3 github.com/pulumi/pulumi-terraform-bridge/v3 ;;
    docker) echo github.com/pulumi/pulumi/sdk/v3 github.com/pulumi/pulumi-terraform-bridge/v3 github.com/docker/buildx ;;
  esac
}

mkdir -p "$logs"

seconds_since() { echo "$(($(date +%s) - $1))"; }

# have_system: the engine's version fits and every plugin is installed. A shell that has read toolchain.env finds the
# built one on its PATH: that is no installation.
have_system() {
  local version installed plugin
  [[ $(command -v pulumi) != "$cache"/* ]] || return 1
  version=$(pulumi version 2>/dev/null) || return 1
  [[ $version == v$engine.* ]] || return 1
  installed=$(pulumi plugin ls --json 2>/dev/null) || return 1
  for plugin in "${plugins[@]}"; do
    grep -qzP "\"name\": \"${plugin%%:*}\",\s*\"kind\": \"resource\",\s*\"version\": \"${plugin#*:}\"" \
      <<<"$installed" || return 1
  done
}

# part_key: what a part is made from, how, and with which Go.
part_key() {
  (
    declare -f compile trim overlay part_tags part_packages part_trimmed
    cd "$here/$1"
    go env GOVERSION GOOS GOARCH
    find . ../left-out -type f \( -name 'go.mod' -o -name 'go.sum' -o -name '*.go' -o -name '*.json' \) -print0 |
      LC_ALL=C sort -z | xargs -0 sha256sum
  ) | sha256sum | cut -c1-16
}

# trim PART: prints the go.mod to build it by: its own, or one that points to trimmed copies of modules, made from what
# go.sum vouches for.
trim() {
  local part=$1 draft module version source copy
  if [[ -z $(part_trimmed "$part") ]]; then
    echo "$here/$part/go.mod"
    return
  fi
  draft=$(mktemp -d "$work/draft.XXXXXX")
  cp "$here/$part"/go.{mod,sum} "$draft/"
  for module in $(part_trimmed "$part"); do
    read -r version source < <(cd "$here/$part" && go mod download "$module" && go list -m -f '{{.Version}} {{.Dir}}' "$module") ||
      return
    copy=$work/$module-$version
    if [[ ! -d $copy ]]; then
      cp -r --no-preserve=mode "$source" "$draft/copy"
      cp -r "$here/left-out/$module/." "$draft/copy/"
      mkdir -p "$(dirname "$copy")"
      # The fetcher and the build may both have been at it.
      mv -T "$draft/copy" "$copy" 2>/dev/null || rm -rf "$draft/copy"
    fi
    go mod edit -replace "$module=$copy" "$draft/go.mod"
  done
  echo "$draft/go.mod"
}

# overlay FOLDER: the language host's own files and forward.go beside them, as the package ./pulumi-language-nodejs of our
# module, for go's option -overlay. It hands on to the engine what it does not know itself; one line of its own calls that.
overlay() {
  local source file options='rpcutil.OpenTracingServerInterceptorOptions(tracingSpan)' at=$here/nodejs-host
  source=$(cd "$at" && go list -mod=readonly -f '{{.Dir}}' github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs)
  cp "$source"/*.go "$at/overlay/forward.go" "$1/" && rm -f "$1"/*_test.go && chmod u+w "$1"/*.go
  sed -i "s/Options: $options,/Options: append($options, grpc.UnknownServiceHandler(forward(conn))),/" "$1/main.go"
  grep -q 'forward(conn)' "$1/main.go" || {
    echo "the language host's source has changed: mend overlay in $here/build.sh" >&2
    return 1
  }
  for file in "$1"/*.go; do printf '"%s": "%s"\n' "$at/pulumi-language-nodejs/${file##*/}" "$file"; done |
    paste -sd, | sed 's/.*/{"Replace": {&}}/' >"$1/overlay.json"
}

# fetch: loads the part's modules, so that the network is not waited for while the processor is free.
fetch() {
  local modfile
  modfile=$(trim "$1") && cd "$here/$1" || return
  # shellcheck disable=SC2046 # packages are words
  go list -modfile "$modfile" -deps -tags "$(part_tags "$1")" $(part_packages "$1")
}

# compile PART FOLDER: without inlining and debug data: that takes a third off a cold build, and no plugin here computes
# much.
compile() {
  local modfile version laid=
  modfile=$(trim "$1") && cd "$here/$1" || return
  if [[ $1 == nodejs-host ]]; then
    laid=$(mktemp -d "$work/draft.XXXXXX")
    overlay "$laid" || return
  fi
  version=$(sed -n 's,^require github.com/pulumi/pulumi/[a-z]*/v3 \(v[0-9.]*\)$,\1,p' go.mod)
  # shellcheck disable=SC2046 # packages are words
  GOFLAGS='' nice -n 5 go build -mod=readonly -modfile "$modfile" ${laid:+"-overlay=$laid/overlay.json"} -buildvcs=false -trimpath -tags "$(part_tags "$1")" \
    -gcflags "all=-l -dwarf=false" -ldflags "-s -w -X $stamp=$version" -o "$2/" $(part_packages "$1")
}

# build PART KEY: into a draft folder that gets its name only when it is complete.
build() {
  local part=$1 home=$cache/$1-$2 draft start
  if [[ -d $home ]]; then
    echo "toolchain: $part: there already"
    return
  fi
  start=$(date +%s)
  draft=$(mktemp -d "$cache/draft.XXXXXX")
  if ! (compile "$part" "$draft") >"$logs/toolchain-$part.log" 2>&1; then
    rm -rf "$draft"
    echo "toolchain: building $part failed; the last lines of $logs/toolchain-$part.log:" >&2
    tail -n 15 "$logs/toolchain-$part.log" >&2
    return 1
  fi
  # Another run may have been faster: then its result stands.
  mv -T "$draft" "$home" 2>/dev/null || rm -rf "$draft"
  echo "toolchain: $part: built in $(seconds_since "$start") s"
}

# install_plugins HOME FOLDER...: a PULUMI_HOME with the plugins, made in a draft too.
install_plugins() {
  local home=$1 draft plugin name file start
  shift
  [[ -d $home ]] && return
  start=$(date +%s)
  draft=$(mktemp -d "$cache/draft.XXXXXX")
  for plugin in "${plugins[@]}"; do
    name=${plugin%%:*}
    file=$(find "$@" -maxdepth 1 -name "pulumi-resource-$name")
    PULUMI_HOME=$draft pulumi plugin install resource "$name" "${plugin#*:}" --file "$file" \
      >>"$logs/toolchain-plugins.log" 2>&1
  done
  mv -T "$draft" "$home" 2>/dev/null || rm -rf "$draft"
  echo "toolchain: plugins: installed in $(seconds_since "$start") s"
}

# write_env BIN HOME: both empty where the system's own serve.
write_env() {
  local draft=$lab/toolchain.env.$$
  {
    # shellcheck disable=SC2016 # PATH is for the shell that reads the file
    [[ -z $1 ]] || printf 'case ":$PATH:" in *%q*) ;; *) export PATH=%q:"$PATH" ;; esac\n' ":$1:" "$1"
    [[ -z $2 ]] || printf 'export PULUMI_HOME=%q\n' "$2"
    echo 'export PULUMI_SKIP_UPDATE_CHECK=1'
    echo 'export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true'
  } >"$draft"
  mv "$draft" "$lab/toolchain.env"
}

begin=$(date +%s)
case $mode in
  auto | system)
    if have_system; then
      write_env '' ''
      echo "toolchain: the installed pulumi and plugins serve"
      exit
    elif [[ $mode == system ]]; then
      echo "toolchain: pulumi $engine.x with the plugins ${plugins[*]} is not installed;" \
        "install them (pulumi plugin install resource NAME VERSION), or set CLAWKEEP_TOOLCHAIN=build" >&2
      exit 1
    fi
    ;;
  build) ;;
  *)
    echo "toolchain: CLAWKEEP_TOOLCHAIN is \"$mode\"; it must be auto, system or build" >&2
    exit 2
    ;;
esac

command -v go >/dev/null || {
  echo "toolchain: no go on PATH; install Go $(sed -n 's/^go //p' "$here/docker/go.mod") or later, or pulumi $engine.x" >&2
  exit 1
}

# One build at a time: a second would compile all the same. Without flock both work, and one result stands.
mkdir -p "$cache"
exec {lock}>"$cache/lock"
if command -v flock >/dev/null; then
  flock "$lock"
  rm -rf "$cache"/draft.* # What an interrupted build left.
fi

declare -A keys
missing=()
for part in "${parts[@]}"; do
  keys[$part]=$(part_key "$part")
  [[ -d $cache/$part-${keys[$part]} ]] || missing+=("$part")
done

work=$(mktemp -d "$cache/draft.XXXXXX")
fetcher=
trap '[[ -z $fetcher ]] || kill "$fetcher" 2>/dev/null || true; rm -rf "$work"' EXIT

# Downloads run two ahead of the compiler; what they fail at, the build fails at again and reports.
if ((${#missing[@]} > 1)); then
  (for part in "${missing[@]:1}"; do (fetch "$part") >/dev/null 2>"$logs/toolchain-fetch-$part.log" || true; done) {lock}>&- &
  fetcher=$!
fi
folders=()
for part in "${parts[@]}"; do
  build "$part" "${keys[$part]}"
  folders+=("$cache/$part-${keys[$part]}")
done
if [[ -n $fetcher ]]; then
  wait "$fetcher" || true
  fetcher=
fi

all=$(printf '%s\n' "${folders[@]}" "${plugins[@]}" | sha256sum | cut -c1-16)
bin=$cache/bin-$all
if [[ ! -d $bin ]]; then
  draft=$(mktemp -d "$cache/draft.XXXXXX")
  # The plugins stay off PATH: there pulumi would find them first, and warn about each. The language host must lie beside
  # pulumi for the same reason; symbolic links will not do, as pulumi asks where it lies itself.
  ln "$cache/pulumi-${keys[pulumi]}/pulumi" "$cache/nodejs-host-${keys[nodejs-host]}/pulumi-language-nodejs" "$draft/"
  mv -T "$draft" "$bin" 2>/dev/null || rm -rf "$draft"
fi
export PATH=$bin:$PATH PULUMI_SKIP_UPDATE_CHECK=1
install_plugins "$cache/home-$all" "${folders[@]}"
write_env "$bin" "$cache/home-$all"
echo "toolchain: ready in $(seconds_since "$begin") s ($(pulumi version))"
