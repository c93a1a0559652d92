module clawkeep.dev/lab/toolchain/nodejs-host

go 1.26

require github.com/pulumi/pulumi/sdk/v3 v3.66.0
